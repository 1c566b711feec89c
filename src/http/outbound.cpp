#include "http/outbound.hpp"

#include "http/head.hpp"
#include "http/resolve.hpp"

#include <boost/asio/deferred.hpp>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace kaiwa::http {

namespace {

constexpr std::size_t read_size = 16 * 1024;
constexpr std::size_t large_read_size = 64 * 1024;  // for a server that fills the small one
// What a waiting call holds: the event of a token; of a server whose events are larger, more.
constexpr std::size_t waiting_size = 512;
constexpr std::size_t most_waiting_size = 4 * 1024;
constexpr std::size_t max_tunnel_head_bytes = 16 * 1024;

auto now() {
    return std::chrono::steady_clock::now();
}

std::unexpected<Error> broken(std::string message) {
    return fail(Errc::unavailable, std::move(message), "broken");
}

}  // namespace

KeptConnection::KeptConnection(KeptConnection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      tls_(std::move(other.tls_)),
      address_(other.address_) {}

KeptConnection& KeptConnection::operator=(KeptConnection&& other) noexcept {
    std::swap(socket_, other.socket_);
    std::swap(tls_, other.tls_);
    std::swap(address_, other.address_);
    return *this;
}

KeptConnection::~KeptConnection() {
    if (socket_ >= 0) ::close(socket_);
}

bool KeptConnection::is_usable() const {
    char byte = 0;
    auto const got = ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    // After its handshake a TLS 1.3 server may have sent session tickets.
    return got > 0 && tls_.has_value();
}

OutboundConnection::OutboundConnection(asio::any_io_executor loop, Deadlines deadlines,
                                       SteadyTime begun)
    : socket_(loop),
      deadlines_(deadlines),
      total_deadline_(begun + deadlines.total),
      phase_begun_(begun),
      watchdog_(loop,
                [this] {
                    boost::system::error_code ignored;
                    socket_.cancel(ignored);
                }),
      read_size_(read_size),
      waiting_size_(waiting_size) {
    watchdog_.set(total_deadline_);
}

void OutboundConnection::resume(KeptConnection kept) {
    address_ = kept.address_;
    tls_ = std::move(kept.tls_);
    boost::system::error_code ignored;
    socket_.assign(address_.protocol(), std::exchange(kept.socket_, -1), ignored);
    enter(Phase::send);
}

std::optional<KeptConnection> OutboundConnection::keep() {
    boost::system::error_code error;
    auto const socket = socket_.release(error);
    if (error) return std::nullopt;
    watchdog_.set(SteadyTime::max());
    return KeptConnection(socket, std::move(tls_), address_);
}

bool may_go_by_proxy(OutboundGate const& gate, Url const& url) {
    boost::system::error_code is_name;
    auto const address = asio::ip::make_address(url.host, is_name);
    return is_name || gate.allows(url.host, url.port, address);
}

std::vector<asio::ip::tcp::endpoint> OutboundConnection::allowed_by(
    OutboundGate const& gate, Url const& url, Proxy const* proxy,
    std::vector<asio::ip::address> const& addresses) {
    std::vector<asio::ip::tcp::endpoint> allowed;
    bool const by_proxy = proxy && may_go_by_proxy(gate, url);
    for (auto const& address : addresses) {
        if (by_proxy) allowed.emplace_back(address, proxy->port);
        if (!proxy && gate.allows(url.host, url.port, address))
            allowed.emplace_back(address, url.port);
    }
    return allowed;
}

asio::awaitable<Result<void>> OutboundConnection::connect(
    Url const& url, Proxy const* proxy, OutboundGate const& gate,
    std::function<Result<std::shared_ptr<TlsContext>>()> tls) {
    auto const deadline = phase_deadline();
    auto const addresses = co_await resolve(proxy ? proxy->host : url.host, deadline);
    if (!addresses) co_return std::unexpected(addresses.error());

    auto const allowed = allowed_by(gate, url, proxy, *addresses);
    if (allowed.empty()) {
        co_return fail(
            Errc::forbidden,
            fmt::format("calls to {} are refused: its address is not public and the host is "
                        "not configured",
                        url.authority));
    }

    Result<void> connected;
    for (std::size_t i = 0; i < allowed.size(); ++i) {
        // One address that swallows packets leaves time for the others.
        auto const share = (deadline - now()) / static_cast<long>(allowed.size() - i);
        connected = co_await connect_to(allowed[i], now() + share);
        if (connected || connected.error().code == Errc::cancelled || now() >= deadline) break;
    }
    if (!connected) co_return connected;
    tune(socket_.native_handle(), std::chrono::seconds(60));

    if (url.scheme == Scheme::https) {
        if (proxy) {
            auto const opened = co_await open_tunnel(url, *proxy);
            if (!opened) co_return opened;
        }
        auto const context = tls();
        if (!context) co_return std::unexpected(context.error());
        auto const shaken = co_await shake_hands(**context, url.host);
        if (!shaken) co_return shaken;
    }
    enter(Phase::send);
    co_return Result<void>{};
}

asio::awaitable<Result<void>> OutboundConnection::open_tunnel(Url const& url, Proxy const& proxy) {
    auto const refused = [&proxy](std::string_view why) {
        return fail(Errc::unavailable,
                    fmt::format("the proxy {}:{} {}", proxy.host, proxy.port, why), "connect");
    };
    bool const is_v6 = url.host.contains(':');
    auto const authority =
        fmt::format("{}{}{}:{}", is_v6 ? "[" : "", url.host, is_v6 ? "]" : "", url.port);
    auto question = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", authority);
    if (!proxy.authorization.empty())
        question += "Proxy-Authorization: " + proxy.authorization.reveal() + "\r\n";
    question += "\r\n";
    auto const sent = co_await send(question);
    if (!sent && sent.error().code != Errc::unavailable) co_return sent;
    for (std::size_t searched = 0;;) {
        auto const size = find_head_end(input_.view(), searched);
        if (!size || input_.size() > max_tunnel_head_bytes)
            co_return refused("does not speak HTTP");
        if (*size > 0) {
            auto const head = parse_answer_head(input_.view().substr(0, *size));
            if (!head) co_return refused("does not speak HTTP");
            if (head->status == 407) co_return refused("wants a user name and a password (407)");
            if (head->status < 200 || head->status > 299)
                co_return refused(fmt::format("lets nobody through to {}: it answered {}",
                                              authority, head->status));
            input_.consume(*size);
            if (!input_.empty()) co_return refused("sent something that nobody asked for");
            read_dry_ = false;
            co_return Result<void>{};
        }
        auto const more = co_await fill();
        if (!more && more.error().code != Errc::unavailable)
            co_return std::unexpected(more.error());
        if (!more || !*more) co_return refused("ended the connection");
    }
}

asio::awaitable<Result<void>> OutboundConnection::connect_to(asio::ip::tcp::endpoint address,
                                                             SteadyTime deadline) {
    boost::system::error_code ignored;
    socket_.close(ignored);
    address_ = address;
    auto on_limit = [this] {
        boost::system::error_code nothing;
        socket_.cancel(nothing);
    };
    Watchdog limit(socket_.get_executor(), std::move(on_limit));
    limit.set(deadline);
    auto const [error] =
        co_await socket_.async_connect(address, asio::as_tuple(asio::use_awaitable));
    if (!error) co_return Result<void>{};
    if (limit.expired()) {
        co_return fail(
            Errc::timed_out,
            fmt::format("{} did not accept the connection in time", address.address().to_string()),
            "connect");
    }
    if (error == asio::error::operation_aborted) co_return stopped();
    co_return fail(Errc::unavailable,
                   fmt::format("cannot connect to {}:{}: {}", address.address().to_string(),
                               address.port(), error.message()),
                   "connect");
}

asio::awaitable<Result<void>> OutboundConnection::shake_hands(TlsContext& tls,
                                                              std::string const& host) {
    auto session = tls.start(socket_.native_handle(), host);
    if (!session) co_return std::unexpected(session.error());
    tls_ = std::move(*session);
    for (;;) {
        auto const step = tls_->handshake_now();
        if (step.state == IoState::done) co_return Result<void>{};
        if (step.state != IoState::would_block) {
            co_return fail(Errc::unavailable,
                           fmt::format("TLS with {} failed: {}", host, tls_->failure()), "tls");
        }
        auto const ready = co_await wait_until_ready(tls_->waits_for_writing());
        if (!ready && ready.error().code == Errc::unavailable) {
            co_return fail(Errc::unavailable, ready.error().message, "tls");
        }
        if (!ready) co_return ready;
    }
}

asio::awaitable<Result<void>> OutboundConnection::send(std::string_view bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
        auto const rest = bytes.substr(sent);
        Gather const what{rest, {}, {}};
        auto const took = tls_ ? tls_->send_now(rest) : send_now(socket_.native_handle(), what, 0);
        if (took.state == IoState::done) {
            sent += took.bytes;
            phase_begun_ = now();
        } else if (took.state == IoState::would_block) {
            auto const ready = co_await wait_until_ready(!tls_ || tls_->waits_for_writing());
            if (!ready) co_return ready;
        } else {
            co_return broken("the server ended the connection before it took the request");
        }
    }
    co_return Result<void>{};
}

IoResult OutboundConnection::receive_now(std::span<char> into) {
    return tls_ ? tls_->receive_now(into) : http::receive_now(socket_.native_handle(), into);
}

asio::awaitable<Result<bool>> OutboundConnection::fill() {
    co_await arrive();
    co_return *take_arrival();
}

std::optional<Result<bool>> OutboundConnection::take_arrival() {
    if (auto const failure = std::exchange(failure_, nullptr))
        return std::unexpected(std::move(*failure));
    if (auto const arrived = std::exchange(arrived_, std::nullopt)) return *arrived;
    return std::nullopt;
}

void OutboundConnection::note_arrival(Result<bool> const& filled) {
    if (filled) {
        arrived_ = *filled;
    } else {
        failure_ = std::make_unique<Error>(filled.error());
    }
}

// What is held for a moment alone is kept out of this frame, which waits for a whole answer
// (decision 0013).
asio::awaitable<void> OutboundConnection::arrive() {
    if (phase_ == Phase::body) phase_begun_ = now();
    // A server that always has bytes ready never makes the call wait.
    if (watchdog_.expired()) co_return note_arrival(stopped());
    for (auto read = Read::nothing;;) {
        if (look(read)) co_return;
        if (tls_) {
            if (!co_await wait_for_tls()) co_return;
            continue;
        }
        // The reactor itself reads what it waited for. Waiting for readiness alone would have it
        // register the socket anew each time.
        auto const room = input_.room_for_waiting(waiting_size_);
        watchdog_.set(phase_deadline());
        auto const [error, bytes] =
            co_await socket_.async_receive(asio::buffer(room), asio::as_tuple(asio::deferred));
        watchdog_.set(total_deadline_);
        if (error) co_return note_arrival(ended_by(error));
        input_.commit(bytes);
        read_dry_ = bytes < room.size();
        if (!read_dry_) waiting_size_ = std::min(2 * waiting_size_, most_waiting_size);
        read = Read::something;
    }
}

/// Reads what is there after what was read `so_far`; false when there is nothing to tell.
bool OutboundConnection::look(Read so_far) {
    auto const filled = fill_now();
    bool const has_read = so_far == Read::something;
    if (!filled && !has_read) return false;
    // What was read is told first: an end behind it is still there at the next read.
    bool const tells_filled = filled && !(has_read && filled->has_value());
    note_arrival(tells_filled ? *filled : Result<bool>(true));
    return true;
}

/// False when it failed, which is noted.
asio::awaitable<bool> OutboundConnection::wait_for_tls() {
    input_.release_if_empty();
    auto const ready = co_await wait_until_ready(tls_->waits_for_writing());
    if (!ready) note_arrival(std::unexpected(ready.error()));
    co_return ready.has_value();
}

/// Reads without waiting; nothing where there is nothing yet.
std::optional<Result<bool>> OutboundConnection::fill_now() {
    if (read_dry_) return std::nullopt;
    auto const room = input_.room(read_size_);
    auto const got = receive_now(room);
    switch (got.state) {
        case IoState::done: {
            input_.commit(got.bytes);
            bool const filled = got.bytes == room.size();
            if (filled) read_size_ = large_read_size;
            read_dry_ = !filled && !tls_;
            return true;
        }
        case IoState::would_block:
            return std::nullopt;
        case IoState::ended:
            return false;
        case IoState::broken:
            break;
    }
    return broken("the connection broke");
}

/// What the end of a read means.
Result<bool> OutboundConnection::ended_by(boost::system::error_code error) const {
    if (error == asio::error::eof) return false;
    if (error == asio::error::operation_aborted) return stopped();
    return broken("the connection broke");
}

asio::awaitable<Result<void>> OutboundConnection::wait_until_ready(bool to_write) {
    if (watchdog_.expired()) co_return stopped();
    watchdog_.set(phase_deadline());
    auto const what =
        to_write ? asio::ip::tcp::socket::wait_write : asio::ip::tcp::socket::wait_read;
    auto const [error] = co_await socket_.async_wait(what, asio::as_tuple(asio::deferred));
    // Between two waits only the whole call's time runs.
    watchdog_.set(total_deadline_);
    if (!error) co_return Result<void>{};
    if (error == asio::error::operation_aborted) co_return stopped();
    co_return broken("the connection broke");
}

void OutboundConnection::enter(Phase phase) {
    phase_ = phase;
    phase_begun_ = now();
}

SteadyTime OutboundConnection::phase_deadline() const {
    auto limit = deadlines_.idle;
    if (phase_ == Phase::connect) limit = deadlines_.connect;
    if (phase_ == Phase::first_byte) limit = deadlines_.first_byte;
    return std::min(phase_begun_ + limit, total_deadline_);
}

/// Why a wait was ended: by a deadline, or by whoever stops the task.
std::unexpected<Error> OutboundConnection::stopped() const {
    if (!watchdog_.expired()) return fail(Errc::cancelled, "the call was stopped");
    if (now() >= total_deadline_) {
        return fail(Errc::timed_out, "the whole call took too long", "total");
    }
    switch (phase_) {
        case Phase::connect:
            return fail(Errc::timed_out, "connecting took too long", "connect");
        case Phase::first_byte:
            return fail(Errc::timed_out, "the server did not begin to answer in time",
                        "first_byte");
        case Phase::send:
        case Phase::body:
            break;
    }
    return fail(Errc::timed_out, "the server stopped in the middle for too long", "idle");
}

}  // namespace kaiwa::http
