#include "http/websocket.hpp"

#include "base/utf8.hpp"

#include <algorithm>

namespace kaiwa::http {

namespace {

constexpr std::chrono::seconds message_time{60};  // from a message's first byte to its last
constexpr std::chrono::seconds close_time{5};
constexpr std::chrono::milliseconds drain_close_time{500};
constexpr std::size_t max_queued_bytes = 512;  // a peer that pings faster than it reads
constexpr std::size_t read_size = 4 * 1024;

constexpr std::uint16_t going_away = 1001;
constexpr std::uint16_t protocol_error = 1002;
constexpr std::uint16_t unsupported_data = 1003;
constexpr std::uint16_t invalid_text = 1007;
constexpr std::uint16_t message_too_big = 1009;

Error malformed(char const* what) {
    return Error{Errc::invalid_argument, what, {}};
}

class RouteWebSocket final : public WebSocket {
public:
    explicit RouteWebSocket(std::shared_ptr<WebSocketSession> session)
        : session_(std::move(session)) {}

    asio::awaitable<Result<std::string>> read() override { return session_->read(); }
    asio::awaitable<Result<void>> write(std::span<asio::const_buffer const> pieces) override {
        return session_->write(pieces);
    }
    asio::awaitable<void> close(std::uint16_t code, std::string reason) override {
        session_->close(code, reason);
        co_return;
    }

private:
    std::shared_ptr<WebSocketSession> session_;
};

}  // namespace

std::unique_ptr<WebSocket> make_websocket(std::shared_ptr<WebSocketSession> session) {
    return std::make_unique<RouteWebSocket>(std::move(session));
}

WebSocketSession::WebSocketSession(Connection& connection, std::size_t max_message_bytes)
    : connection_(connection),
      max_message_bytes_(max_message_bytes),
      pinged_(std::chrono::steady_clock::now()) {
    connection_.on_tick = [this](SteadyTime now) { tick(now); };
}

WebSocketSession::~WebSocketSession() {
    connection_.on_tick = nullptr;
}

asio::awaitable<Result<std::string>> WebSocketSession::read() {
    if (close_received_ || gone_) co_return fail(Errc::cancelled, "the WebSocket is closed");
    std::string message;
    for (;;) {
        auto const done = co_await read_frame(message);
        if (!done) co_return std::unexpected(done.error());
        if (!*done) continue;
        frame_deadline_ = SteadyTime::max();
        if (!is_valid_utf8(message)) {
            co_return give_up(invalid_text, malformed("the message must be valid UTF-8"));
        }
        co_return message;
    }
}

asio::awaitable<Result<bool>> WebSocketSession::read_frame(std::string& message) {
    std::optional<FrameHead> head;
    for (;;) {
        auto parsed = parse_frame_head(connection_.input().view());
        if (!parsed) co_return give_up(protocol_error, parsed.error());
        if (*parsed) {
            head = *parsed;
            break;
        }
        auto const more = co_await more_input();
        if (!more) co_return std::unexpected(more.error());
    }

    if (head->is_control()) {
        std::string payload;
        auto const whole = co_await read_payload(*head, payload);
        if (!whole) co_return std::unexpected(whole.error());
        auto const handled = handle_control(head->opcode, payload);
        if (!handled) co_return std::unexpected(handled.error());
        co_return false;
    }

    bool const continues = head->opcode == Opcode::continuation;
    if (continues != fragmented_.has_value()) {
        co_return give_up(protocol_error, malformed("the message's frames are out of order"));
    }
    if (head->opcode == Opcode::binary) {
        co_return give_up(unsupported_data, malformed("only text messages are understood"));
    }
    if (head->length > max_message_bytes_ - message.size()) {
        co_return give_up(message_too_big, Error{Errc::too_large, "the message is too large", {}});
    }
    if (!continues) frame_deadline_ = std::chrono::steady_clock::now() + message_time;
    fragmented_ = head->final ? std::nullopt : std::optional(Opcode::text);

    auto const whole = co_await read_payload(*head, message);
    if (!whole) co_return std::unexpected(whole.error());
    co_return head->final;
}

/// Appends the frame's payload to `payload` as it arrives.
asio::awaitable<Result<void>> WebSocketSession::read_payload(FrameHead head, std::string& payload) {
    auto& input = connection_.input();
    input.consume(head.size);
    for (std::size_t offset = 0;;) {
        auto const size =
            static_cast<std::size_t>(std::min<std::uint64_t>(head.length - offset, input.size()));
        auto const begin = payload.size();
        payload.append(input.view().substr(0, size));
        unmask(std::span(payload).subspan(begin), head.mask, offset);
        input.consume(size);
        offset += size;
        if (offset == head.length) co_return Result<void>{};
        auto const more = co_await more_input();
        if (!more) co_return more;
    }
}

Result<void> WebSocketSession::handle_control(Opcode opcode, std::string_view payload) {
    if (opcode == Opcode::ping && !close_sent_) {
        queue(Opcode::pong, payload);
        flush();
    } else if (opcode == Opcode::close) {
        auto const reason = parse_close(payload);
        if (!reason) return give_up(protocol_error, reason.error());
        close_received_ = true;
        close(reason->code == 1005 ? std::uint16_t{1000} : reason->code, {});
        return fail(Errc::cancelled, "the peer closed the WebSocket");
    }
    return {};
}

asio::awaitable<Result<void>> WebSocketSession::more_input() {
    // No answer to two pings means that nobody is there.
    auto const silence = 2 * connection_.loop().options.limits.ping_gap;
    auto const deadline =
        std::min({std::chrono::steady_clock::now() + silence, frame_deadline_, close_deadline_});
    auto const more = co_await connection_.fill(read_size, deadline);
    if (more && *more) co_return Result<void>{};
    if (more) {
        gone_ = true;
        co_return fail(Errc::cancelled, "the peer is gone");
    }
    gone_ = more.error().code == Errc::timed_out;
    co_return std::unexpected(more.error());
}

std::unexpected<Error> WebSocketSession::give_up(std::uint16_t code, Error error) {
    close(code, error.message);
    // Where the next frame begins is not known any more: nothing else is read.
    gone_ = true;
    return std::unexpected(std::move(error));
}

asio::awaitable<Result<void>> WebSocketSession::write(std::span<asio::const_buffer const> pieces) {
    if (close_sent_ || gone_) co_return fail(Errc::cancelled, "the WebSocket is closed");
    OutgoingFrameHead const head(Opcode::text, asio::buffer_size(pieces));
    std::string with_queued;
    Gather what{head.view(), pieces, {}};
    if (!queued_.empty()) {
        with_queued = std::exchange(queued_, {}).append(head.view());
        what.head = with_queued;
    }

    std::size_t sent = 0;
    Result<void> done;
    if (!connection_.send_at_once(what, sent)) {
        done = fail(Errc::cancelled, "the peer is gone");
    } else if (sent < what.size() || connection_.wants_to_yield()) {
        writing_ = true;
        done = co_await connection_.send_rest(what, sent);
        writing_ = false;
    }
    if (!done) {
        gone_ = true;  // a frame may be cut off: nothing can follow
        queued_.clear();
    } else if (!queued_.empty()) {
        flush();
    }
    co_return done;
}

void WebSocketSession::close(std::uint16_t code, std::string_view reason) {
    if (close_sent_ || gone_) return;
    queue(Opcode::close, close_payload(code, reason));
    close_sent_ = true;
    bool const draining = connection_.loop().draining;
    close_deadline_ = std::chrono::steady_clock::now();
    close_deadline_ += draining ? std::chrono::milliseconds(drain_close_time) : close_time;
    connection_.read_no_longer_than(close_deadline_);
    flush();
}

asio::awaitable<void> WebSocketSession::end(std::uint16_t code) {
    close(code, {});
    if (!queued_.empty() && !writing_) {
        std::string const last = std::exchange(queued_, {});
        Gather const what{last, {}, {}};
        writing_ = true;
        auto const sent = co_await connection_.send_rest(what, 0);
        if (!sent) co_return;
    }
    std::string dropped;
    while (!close_received_ && !gone_) {
        dropped.clear();
        auto const frame = co_await read_frame(dropped);
        if (!frame) break;
    }
    if (gone_) co_await connection_.linger();
}

void WebSocketSession::queue(Opcode opcode, std::string_view payload) {
    if (opcode != Opcode::close && queued_.size() > max_queued_bytes) return;
    queued_.append(OutgoingFrameHead(opcode, payload.size()).view()).append(payload);
}

void WebSocketSession::flush() {
    if (writing_ || queued_.empty()) return;
    std::size_t sent = 0;
    Gather const what{queued_, {}, {}};
    if (!connection_.send_at_once(what, sent)) gone_ = true;
    queued_.erase(0, sent);
}

void WebSocketSession::tick(SteadyTime now) {
    // Nobody else would tell a page that we go; its route waits for what it says.
    if (connection_.loop().draining) close(going_away, {});
    if (!close_sent_ && now - pinged_ >= connection_.loop().options.limits.ping_gap) {
        pinged_ = now;
        queue(Opcode::ping, {});
    }
    flush();
}

}  // namespace kaiwa::http
