#pragma once

#include "http/client.hpp"
#include "http/tls.hpp"
#include "http/url.hpp"
#include "http/watchdog.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <optional>

namespace kaiwa::http {

/// Whether `gate` lets a call go by a proxy, which resolves the name.
[[nodiscard]] bool may_go_by_proxy(OutboundGate const& gate, Url const& url);

/// A connection between two calls: nothing of it belongs to a loop.
class KeptConnection {
public:
    KeptConnection(int socket, std::optional<TlsSession> tls, asio::ip::tcp::endpoint address)
        : socket_(socket), tls_(std::move(tls)), address_(std::move(address)) {}
    KeptConnection(KeptConnection&& other) noexcept;
    KeptConnection& operator=(KeptConnection&& other) noexcept;
    ~KeptConnection();

    /// Still open, and silent as a server must be that was asked nothing.
    [[nodiscard]] bool is_usable() const;
    [[nodiscard]] asio::ip::tcp::endpoint const& address() const { return address_; }

private:
    friend class OutboundConnection;
    int socket_;
    std::optional<TlsSession> tls_;
    asio::ip::tcp::endpoint address_;
};

/// The connection of one call, with the call's deadlines. Every wait ends with `timed_out` (reason
/// "connect", "first_byte", "idle" or "total"), `cancelled` or `unavailable`.
class OutboundConnection {
public:
    OutboundConnection(asio::any_io_executor loop, Deadlines deadlines, SteadyTime begun);

    /// Takes over a connection kept from another call.
    void resume(KeptConnection kept);
    /// Connects to the first of the host's addresses that `gate` allows and that answers; with a
    /// `proxy`, to that, and for https through it.
    asio::awaitable<Result<void>> connect(Url const& url, Proxy const* proxy,
                                          OutboundGate const& gate,
                                          std::function<Result<std::shared_ptr<TlsContext>>()> tls);
    /// Takes the connection out of the loop, for the next call.
    std::optional<KeptConnection> keep();

    /// Fails with `unavailable`, reason "broken", when the server stopped taking bytes.
    asio::awaitable<Result<void>> send(std::string_view bytes);
    /// Waits for bytes and appends them to `input()`; false at the end of what the server sends.
    asio::awaitable<Result<bool>> fill();
    /// `fill()` in two steps, of which the wait holds less: what `fill()` would return is then to be
    /// had, once.
    asio::awaitable<void> arrive();
    [[nodiscard]] std::optional<Result<bool>> take_arrival();
    ReadBuffer& input() { return input_; }

    /// From here the first byte is awaited, from there the body.
    void await_first_byte() { enter(Phase::first_byte); }
    void await_body() { enter(Phase::body); }

private:
    enum class Phase { connect, send, first_byte, body };

    static std::vector<asio::ip::tcp::endpoint> allowed_by(
        OutboundGate const& gate, Url const& url, Proxy const* proxy,
        std::vector<asio::ip::address> const& addresses);
    asio::awaitable<Result<void>> open_tunnel(Url const& url, Proxy const& proxy);
    asio::awaitable<Result<void>> connect_to(asio::ip::tcp::endpoint address, SteadyTime deadline);
    asio::awaitable<Result<void>> shake_hands(TlsContext& tls, std::string const& host);
    asio::awaitable<Result<void>> wait_until_ready(bool to_write);
    IoResult receive_now(std::span<char> into);
    std::optional<Result<bool>> fill_now();
    void note_arrival(Result<bool> const& filled);
    enum class Read { nothing, something };
    bool look(Read so_far);
    asio::awaitable<bool> wait_for_tls();
    [[nodiscard]] Result<bool> ended_by(boost::system::error_code error) const;
    void enter(Phase phase);
    [[nodiscard]] SteadyTime phase_deadline() const;
    [[nodiscard]] std::unexpected<Error> stopped() const;

    asio::ip::tcp::socket socket_;
    std::optional<TlsSession> tls_;
    asio::ip::tcp::endpoint address_;
    Deadlines deadlines_;
    SteadyTime total_deadline_;
    SteadyTime phase_begun_;
    Phase phase_ = Phase::connect;
    Watchdog watchdog_;
    ReadBuffer input_;
    std::size_t read_size_;
    std::size_t waiting_size_;
    bool read_dry_ = false;  // the last read took all there was
    std::optional<bool> arrived_;  // what `arrive()` came to, but for a failure
    std::unique_ptr<Error> failure_;  // of `arrive()`
};

}  // namespace kaiwa::http
