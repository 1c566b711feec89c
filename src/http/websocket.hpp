#pragma once

#include "http/connection.hpp"
#include "http/websocket_frames.hpp"

#include <memory>

namespace kaiwa::http {

/// A connection after the handshake. The task of the connection owns it and ends it with `end()`;
/// a route has a `WebSocket` that points to it.
///
/// Control frames never wait for a writer: they queue in a small buffer that the writer of a
/// message, the reader or the tick sends when the socket is between two frames.
class WebSocketSession {
public:
    WebSocketSession(Connection& connection, std::size_t max_message_bytes);
    ~WebSocketSession();

    asio::awaitable<Result<std::string>> read();
    asio::awaitable<Result<void>> write(std::span<asio::const_buffer const> pieces);
    void close(std::uint16_t code, std::string_view reason);

    /// Says goodbye with `code` unless it was said, and waits a moment for the peer's.
    asio::awaitable<void> end(std::uint16_t code);

private:
    /// Reads one frame; true when it completed `message`.
    asio::awaitable<Result<bool>> read_frame(std::string& message);
    asio::awaitable<Result<void>> read_payload(FrameHead head, std::string& payload);
    Result<void> handle_control(Opcode opcode, std::string_view payload);
    asio::awaitable<Result<void>> more_input();
    std::unexpected<Error> give_up(std::uint16_t code, Error error);

    void queue(Opcode opcode, std::string_view payload);
    void flush();
    void tick(SteadyTime now);

    Connection& connection_;
    std::size_t max_message_bytes_;
    std::string queued_;  // control frames, or the rest of one
    SteadyTime pinged_;
    SteadyTime frame_deadline_ = SteadyTime::max();  // while a message is incomplete
    SteadyTime close_deadline_ = SteadyTime::max();
    std::optional<Opcode> fragmented_;  // the message goes on in continuation frames
    bool writing_ = false;
    bool close_sent_ = false;
    bool close_received_ = false;
    bool gone_ = false;
};

/// What a route holds. It may outlive neither its handler's call nor the session.
[[nodiscard]] std::unique_ptr<WebSocket> make_websocket(std::shared_ptr<WebSocketSession> session);

}  // namespace kaiwa::http
