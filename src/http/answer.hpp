#pragma once

#include "http/connection.hpp"
#include "http/websocket.hpp"

#include <memory>
#include <optional>

namespace kaiwa::http {

/// Frames and sends the body of one answer, its head having been sent.
class BodyWriter {
public:
    enum class Framing {
        none,  ///< HEAD, 204, 304: a head alone.
        chunked,
        length,       ///< The route named it.
        until_close,  ///< HTTP/1.0.
    };

    explicit BodyWriter(Connection& connection) : connection_(&connection) {}
    /// `length` is for `Framing::length`.
    void begin(Framing framing, std::uint64_t length) {
        framing_ = framing;
        remaining_ = length;
    }

    enum class Part { more_follows, last };
    asio::awaitable<Result<void>> write(std::span<asio::const_buffer const> pieces,
                                        Part part = Part::more_follows);
    /// Writes a chunk that goes out at once. False: call `write()` with the same, which goes on with
    /// what is left of it.
    [[nodiscard]] bool write_now(std::span<asio::const_buffer const> pieces, Part part);
    asio::awaitable<Result<void>> finish();
    [[nodiscard]] Framing framing() const { return framing_; }
    /// The reader cannot tell from the framing that the body is not whole.
    [[nodiscard]] bool must_abort() const { return framing_ == Framing::until_close; }

private:
    Connection* connection_;
    Framing framing_ = Framing::none;
    std::uint64_t remaining_ = 0;  // of a length
    std::size_t begun_ = 0;        // bytes of what `write()` is to go on with that were sent
};

/// The rest of an answer whose route has returned.
struct StreamedBody {
    std::unique_ptr<BodySource> source;
    std::optional<BodyWriter> writer;
    bool closes = false;  ///< The connection ends with the answer.
    std::string request_id;
};

/// Writes the answer to one request onto its connection.
class Answer final : public ResponseWriter {
public:
    /// `request` outlives the answer; `max_message_bytes` is for a WebSocket.
    Answer(Connection& connection, Request const& request, unsigned minor_version,
           std::size_t max_message_bytes)
        : connection_(connection),
          request_(request),
          minor_version_(minor_version),
          max_message_bytes_(max_message_bytes),
          body_(connection) {}

    asio::awaitable<Result<void>> respond(ResponseHead head, std::string body) override;
    asio::awaitable<Result<void>> respond_static(ResponseHead head, std::string_view body) override;
    asio::awaitable<Result<void>> start(ResponseHead head) override;
    asio::awaitable<Result<void>> write(std::span<asio::const_buffer const> pieces) override;
    asio::awaitable<Result<void>> finish() override;
    asio::awaitable<Result<void>> stream(ResponseHead head,
                                         std::unique_ptr<BodySource> body) override;
    asio::awaitable<Result<std::unique_ptr<WebSocket>>> accept_websocket(
        std::string subprotocol) override;
    [[nodiscard]] bool started() const override { return state_ != State::waiting; }

    /// The connection ends with this answer, and its head will say so.
    void close_after() { closes_ = true; }

    [[nodiscard]] unsigned status() const { return status_; }  ///< 0 before the head.
    [[nodiscard]] bool whole() const { return state_ == State::whole; }
    [[nodiscard]] bool closes() const { return closes_; }
    /// The reader cannot tell from the framing that the body is not whole.
    [[nodiscard]] bool must_abort() const {
        bool const is_cut = state_ == State::streaming || state_ == State::broken;
        return is_cut && body_.must_abort();
    }
    /// The route left its body to be sent; `take_streamed_body()` has it.
    [[nodiscard]] bool is_handed_over() const { return state_ == State::handed_over; }
    [[nodiscard]] StreamedBody take_streamed_body();
    [[nodiscard]] std::shared_ptr<WebSocketSession> const& websocket() const { return websocket_; }

private:
    enum class State {
        waiting,
        streaming,
        handed_over,  // to a BodySource
        whole,
        broken,
        upgraded,
    };
    /// Makes the head up to its blank line. Fails with `internal` for a field that would break it.
    Result<std::string> make_head(ResponseHead const& head, std::optional<std::uint64_t> length);
    /// Decides the framing of a body that follows in parts, and makes the head.
    Result<std::string> begin(ResponseHead const& head);
    asio::awaitable<Result<void>> send_whole(ResponseHead head, std::string_view body);
    asio::awaitable<Result<void>> send(Gather what);
    [[nodiscard]] bool is_bodyless(unsigned status) const {
        return request_.method == "HEAD" || status == 204 || status == 304;
    }

    Connection& connection_;
    Request const& request_;
    unsigned minor_version_;
    std::size_t max_message_bytes_;
    State state_ = State::waiting;
    unsigned status_ = 0;
    BodyWriter body_;
    std::unique_ptr<BodySource> source_;
    bool closes_ = false;
    std::shared_ptr<WebSocketSession> websocket_;
};

}  // namespace kaiwa::http
