#include "lambda/answers.hpp"

#include <fmt/format.h>

#include <array>

namespace kaiwa::lambda {
namespace {

std::unexpected<Error> began_before() {
    return fail(Errc::internal, "the answer to this request began before");
}

std::unexpected<Error> no_websocket() {
    return fail(Errc::unsupported,
                "a function has no WebSocket; follow answers with GET "
                "/api/generations/{id}/events, by server-sent events or, with Accept: "
                "application/json and ?wait=20, by long-polling");
}

}  // namespace

asio::awaitable<Result<void>> BufferedAnswer::respond(http::ResponseHead head, std::string body) {
    if (started()) co_return began_before();
    head_ = std::move(head);
    body_ = std::move(body);
    state_ = State::whole;
    co_return Result<void>{};
}

asio::awaitable<Result<void>> BufferedAnswer::respond_static(http::ResponseHead head,
                                                             std::string_view body) {
    return respond(std::move(head), std::string(body));
}

asio::awaitable<Result<void>> BufferedAnswer::start(http::ResponseHead head) {
    if (started()) co_return began_before();
    head_ = std::move(head);
    state_ = State::streaming;
    co_return Result<void>{};
}

asio::awaitable<Result<void>> BufferedAnswer::write(std::span<asio::const_buffer const> pieces) {
    if (state_ != State::streaming) co_return fail(Errc::internal, "no answer is being written");
    for (auto const& piece : pieces) {
        if (piece.size() > max_bytes_ - body_.size())
            co_return fail(Errc::too_large,
                           fmt::format("the answer is larger than {} bytes", max_bytes_));
        body_.append(static_cast<char const*>(piece.data()), piece.size());
    }
    co_return Result<void>{};
}

asio::awaitable<Result<void>> BufferedAnswer::finish() {
    state_ = State::whole;
    co_return Result<void>{};
}

asio::awaitable<Result<std::unique_ptr<http::WebSocket>>> BufferedAnswer::accept_websocket(
    std::string) {
    co_return no_websocket();
}

void BufferedAnswer::reset() {
    state_ = State::waiting;
    head_ = {};
    body_.clear();
}

asio::awaitable<Result<void>> StreamedAnswer::respond(http::ResponseHead head, std::string body) {
    co_return co_await send_whole(std::move(head), body);
}

asio::awaitable<Result<void>> StreamedAnswer::respond_static(http::ResponseHead head,
                                                             std::string_view body) {
    return send_whole(std::move(head), body);
}

asio::awaitable<Result<void>> StreamedAnswer::send_whole(http::ResponseHead head,
                                                         std::string_view body) {
    auto sent = co_await start(std::move(head));
    std::array const piece{asio::buffer(body)};
    if (sent && request_.method != "HEAD") sent = co_await write(piece);
    if (sent) state_ = State::whole;
    co_return sent;
}

asio::awaitable<Result<void>> StreamedAnswer::start(http::ResponseHead head) {
    if (started()) co_return began_before();
    state_ = State::streaming;
    status_ = head.status;
    auto stream =
        co_await api_.stream(invocation_, "application/vnd.awslambda.http-integration-response");
    if (!stream) co_return std::unexpected(stream.error());
    stream_ = std::move(*stream);
    auto const prelude = stream_prelude(head);
    std::array const first{asio::buffer(prelude)};
    auto sent = co_await stream_->write(first);
    // A chunk of its own: emulators look for the end of the prelude at the beginning of one.
    static constexpr std::array<char, 8> delimiter{};
    std::array const second{asio::buffer(delimiter)};
    if (sent) sent = co_await stream_->write(second);
    co_return sent;
}

asio::awaitable<Result<void>> StreamedAnswer::write(std::span<asio::const_buffer const> pieces) {
    if (!stream_) co_return fail(Errc::internal, "no answer is being written");
    co_return co_await stream_->write(pieces);
}

asio::awaitable<Result<void>> StreamedAnswer::finish() {
    state_ = State::whole;
    co_return Result<void>{};
}

asio::awaitable<Result<std::unique_ptr<http::WebSocket>>> StreamedAnswer::accept_websocket(
    std::string) {
    co_return no_websocket();
}

asio::awaitable<Result<void>> StreamedAnswer::end() {
    auto const stream = std::move(stream_);
    if (state_ == State::whole) co_return co_await stream->finish();
    InvocationError broken{"Kaiwa.AnswerBrokeOff",
                           "the answer broke off; what was sent of it is not whole"};
    co_return co_await stream->fail(std::move(broken));
}

}  // namespace kaiwa::lambda
