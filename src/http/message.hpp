#pragma once

#include "base/spawn.hpp"
#include "kaiwa/error.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kaiwa::http {

/// Header fields in the order they came; names compare without case (RFC 9110, 5.1).
class Headers {
public:
    using Field = std::pair<std::string, std::string>;

    Headers() = default;
    Headers(std::initializer_list<Field> fields) : fields_(fields) {}

    /// The first field named so, or empty.
    [[nodiscard]] std::string_view get(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const { return count(name) > 0; }
    [[nodiscard]] std::size_t count(std::string_view name) const;
    void add(std::string name, std::string value) {
        fields_.emplace_back(std::move(name), std::move(value));
    }
    void set(std::string_view name, std::string value);
    [[nodiscard]] auto begin() const { return fields_.begin(); }
    [[nodiscard]] auto end() const { return fields_.end(); }

private:
    std::vector<Field> fields_;
};

/// Reads a body that was not buffered, piece by piece.
class BodyReader {
public:
    virtual ~BodyReader() = default;
    /// The next piece, at most 64 KiB; empty at the end.
    /// Fails with `too_large` (over the route's limit), `timed_out` or `cancelled`.
    virtual asio::awaitable<Result<std::string>> next() = 0;
};

/// What a route tells of a request for the host's log: ids, never contents.
struct RequestNotes {
    std::string principal;
    std::string thread;
};

/// A request as a route sees it, whichever host received it (our server or AWS Lambda).
struct Request {
    std::string method;  ///< Upper case.
    std::string path;    ///< Decoded, begins with '/', valid UTF-8, no NUL.
    std::vector<std::pair<std::string, std::string>> query;  ///< Decoded, in order.
    /// Set by a host: why not all of the query can be read. The router answers it, before any route
    /// is asked; `query` tells an error handler the names that there are.
    std::optional<Error> query_error{};
    std::vector<std::string> segments;  ///< What the pattern's `{…}` matched, in order.
    Headers headers;
    std::string body;  ///< Whole, for routes that buffer it.
    BodyReader* body_reader =
        nullptr;             ///< For routes that stream it; lives as long as the request.
    asio::ip::address peer;  ///< Whoever asks, after trusted proxies.
    bool secure = false;     ///< Reached by https, after trusted proxies.
    bool forwarded = false;  ///< Came through a proxy (it carries forwarding headers).
    std::string id;          ///< The request id of logs and problems.
    /// ARN of whoever signed the call, where the host in front of us verified that (AWS IAM). Set by
    /// a host, never from a header.
    std::optional<std::string> verified_identity;
    /// The host gives up then: what waits or streams ends by itself before.
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    RequestNotes notes;

    /// The first query parameter named so.
    [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
    /// A cookie's value (RFC 6265bis); the first of its name.
    [[nodiscard]] std::optional<std::string_view> cookie(std::string_view name) const;
    /// What `Accept` gives a media type that it names itself, in thousandths (RFC 9110, 12.4.2); 0
    /// for one that it names with no weight or only by a range such as `*/*`.
    [[nodiscard]] unsigned accept_weight(std::string_view media_type) const;
};

struct ResponseHead {
    unsigned status = 200;
    Headers headers;
};

/// A WebSocket after the handshake (RFC 6455). One task reads while another writes.
class WebSocket {
public:
    virtual ~WebSocket() = default;
    /// The next text message, at most the route's `max_body_bytes`. Answers pings by itself.
    /// Fails with `cancelled` when the peer closed, `timed_out` when it stopped answering pings.
    virtual asio::awaitable<Result<std::string>> read() = 0;
    /// Sends one text message; `pieces` stay valid until it returns.
    /// Fails with `timed_out` when the peer does not take it within 30 s.
    virtual asio::awaitable<Result<void>> write(std::span<asio::const_buffer const> pieces) = 0;
    virtual asio::awaitable<void> close(std::uint16_t code, std::string reason) = 0;
};

/// A body that is made while it is sent, after its route has returned: it owns what it needs.
class BodySource {
public:
    virtual ~BodySource() = default;
    /// Waits for the next pieces, valid until the next call; none at the end of the body. After a
    /// failure the answer breaks off.
    virtual asio::awaitable<Result<std::span<asio::const_buffer const>>> next() = 0;
    /// Pieces that are there before the first `next()`, to be sent with the head; valid until then.
    /// A host that does not ask for them gets them from `next()`.
    [[nodiscard]] virtual std::span<asio::const_buffer const> take_first() { return {}; }
    /// What `next()` would give without a wait, or none. For a host that would hold little while it
    /// waits: while nothing is ready it awaits `arrival()`; where there is none, it calls `next()`.
    [[nodiscard]] virtual std::span<asio::const_buffer const> ready() { return {}; }
    /// After `ready()` had nothing: a wait after which it is asked again. False when the wait ended
    /// without cause: the task may have been asked to stop.
    [[nodiscard]] virtual std::optional<asio::awaitable<bool>> arrival() { return std::nullopt; }
    /// The pieces that `next()` gave last end the body, and it need not be asked again.
    [[nodiscard]] virtual bool ended() const { return false; }
};

/// How a route answers: `respond()` once; or `start()`, `write()` as often as it likes, `finish()`;
/// or `stream()`; or `accept_websocket()`. A route that does none of these is answered 500 for it.
class ResponseWriter {
public:
    virtual ~ResponseWriter() = default;

    virtual asio::awaitable<Result<void>> respond(ResponseHead head, std::string body) = 0;
    /// Answers with bytes that live as long as the process (the page's assets).
    virtual asio::awaitable<Result<void>> respond_static(ResponseHead head,
                                                         std::string_view body) = 0;

    /// Sends the head; the body's length is unknown.
    virtual asio::awaitable<Result<void>> start(ResponseHead head) = 0;
    /// Sends the pieces at once; they stay valid until it returns. Fails with `timed_out` when the
    /// reader takes nothing for 30 s, `cancelled` when it went away.
    virtual asio::awaitable<Result<void>> write(std::span<asio::const_buffer const> pieces) = 0;
    virtual asio::awaitable<Result<void>> finish() = 0;
    /// Sends the head, then what `body` gives until its end. For bodies that take long: the host
    /// may go on sending when the route has returned, so that nothing else of the request is kept
    /// meanwhile. As it stands here it returns at the end of the body.
    virtual asio::awaitable<Result<void>> stream(ResponseHead head,
                                                 std::unique_ptr<BodySource> body);

    /// Fails with `invalid_argument` (no handshake of this version, answered 426, or a wrong one,
    /// 400) or `unsupported` (this host has no WebSocket; answered 501).
    virtual asio::awaitable<Result<std::unique_ptr<WebSocket>>> accept_websocket(
        std::string subprotocol) = 0;

    [[nodiscard]] virtual bool started() const = 0;
};

}  // namespace kaiwa::http
