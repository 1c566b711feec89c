#pragma once

#include "http/message.hpp"
#include "lambda/answer_json.hpp"
#include "lambda/runtime_api.hpp"

#include <memory>
#include <string>

namespace kaiwa::lambda {

/// The answer to one request, gathered and sent whole once the invocation has nothing left to do.
class BufferedAnswer final : public http::ResponseWriter {
public:
    explicit BufferedAnswer(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    asio::awaitable<Result<void>> respond(http::ResponseHead head, std::string body) override;
    asio::awaitable<Result<void>> respond_static(http::ResponseHead head,
                                                 std::string_view body) override;
    asio::awaitable<Result<void>> start(http::ResponseHead head) override;
    /// Fails with `too_large` over what this answer may have.
    asio::awaitable<Result<void>> write(std::span<asio::const_buffer const> pieces) override;
    asio::awaitable<Result<void>> finish() override;
    asio::awaitable<Result<std::unique_ptr<http::WebSocket>>> accept_websocket(
        std::string subprotocol) override;
    [[nodiscard]] bool started() const override { return state_ != State::waiting; }

    [[nodiscard]] bool whole() const { return state_ == State::whole; }
    [[nodiscard]] http::ResponseHead const& head() const { return head_; }
    [[nodiscard]] std::string const& body() const { return body_; }
    /// Forgets what was gathered, to answer with something else.
    void reset();

private:
    enum class State { waiting, streaming, whole };

    std::size_t max_bytes_;
    State state_ = State::waiting;
    http::ResponseHead head_;
    std::string body_;
};

/// The answer to one request, sent as it is written. `end()` closes it once the invocation has
/// nothing left to do: until then the function is not frozen.
class StreamedAnswer final : public http::ResponseWriter {
public:
    /// `request` is for HEAD.
    StreamedAnswer(RuntimeApi& api, Invocation const& invocation, http::Request const& request)
        : api_(api), invocation_(invocation), request_(request) {}

    asio::awaitable<Result<void>> respond(http::ResponseHead head, std::string body) override;
    asio::awaitable<Result<void>> respond_static(http::ResponseHead head,
                                                 std::string_view body) override;
    asio::awaitable<Result<void>> start(http::ResponseHead head) override;
    asio::awaitable<Result<void>> write(std::span<asio::const_buffer const> pieces) override;
    asio::awaitable<Result<void>> finish() override;
    asio::awaitable<Result<std::unique_ptr<http::WebSocket>>> accept_websocket(
        std::string subprotocol) override;
    [[nodiscard]] bool started() const override { return state_ != State::waiting; }

    [[nodiscard]] unsigned status() const { return status_; }
    /// Whether AWS waits for its end.
    [[nodiscard]] bool is_open() const { return stream_ != nullptr; }
    /// Tells AWS that this was all, or, in trailers, that it is not.
    asio::awaitable<Result<void>> end();

private:
    enum class State { waiting, streaming, whole };

    asio::awaitable<Result<void>> send_whole(http::ResponseHead head, std::string_view body);

    RuntimeApi& api_;
    Invocation const& invocation_;
    http::Request const& request_;
    State state_ = State::waiting;
    unsigned status_ = 0;
    std::unique_ptr<ResponseStream> stream_;
};

}  // namespace kaiwa::lambda
