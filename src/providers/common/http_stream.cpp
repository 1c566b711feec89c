#include "providers/common/http_stream.hpp"

#include "base/wait.hpp"
#include "providers/common/failures.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <utility>
#include <variant>

namespace kaiwa::providers {
namespace {

/// How long an end mark or the usage may stay away once the server said how the answer ended.
constexpr std::chrono::milliseconds end_mark_grace{2'000};
/// How long the end of the body may stay away behind the end mark: waiting lets the connection be
/// used again.
constexpr std::chrono::milliseconds end_of_body_grace{100};

SteadyTime now() {
    return std::chrono::steady_clock::now();
}

// Both halves of a race report a stop as a value; neither throws.
asio::awaitable<Result<std::string_view>> read_quietly(http::InboundResponse& response) {
    co_await asio::this_coro::throw_if_cancelled(false);
    co_return co_await response.read_some();
}

asio::awaitable<bool> sleep_quietly(SteadyTime::duration time) {
    co_await asio::this_coro::throw_if_cancelled(false);
    co_return co_await sleep_for(time);
}

/// Reads, but not behind `deadline`: then fails with `timed_out`. The response is beyond use after
/// a failure.
asio::awaitable<Result<std::string_view>> read_until(http::InboundResponse& response,
                                                     SteadyTime deadline) {
    using asio::experimental::awaitable_operators::operator||;
    auto const left = deadline - now();
    // A server that never stops sending has always something to read.
    if (left > SteadyTime::duration::zero()) {
        auto first = co_await (read_quietly(response) || sleep_quietly(left));
        if (auto* bytes = std::get_if<0>(&first)) co_return *bytes;
        if (!std::get<1>(first)) co_return fail(Errc::cancelled, "stopped");
    }
    co_return fail(Errc::timed_out, "the server left the answer open");
}

}  // namespace

HttpStream::HttpStream(std::unique_ptr<http::InboundResponse> response,
                       std::unique_ptr<AnswerDecoder> decoder, std::string request_id,
                       Secret secret, std::function<void()> on_whole)
    : response_(std::move(response)),
      decoder_(std::move(decoder)),
      request_id_(std::move(request_id)),
      secret_(std::move(secret)),
      on_whole_(std::move(on_whole)) {
    response_->forget_headers();
}

std::optional<llm::Outcome<llm::Event>> HttpStream::ready() {
    if (finished_) return *finished_;
    auto event = decoder_->next();
    while (!event && take_arrived()) event = decoder_->next();
    if (!event) {
        if (response_) return std::nullopt;
        return std::unexpected(failure_ ? std::move(*failure_) : cut_short());
    }
    if (!*event) {
        auto& failure = event->error();
        failure.provider_request_id = request_id_;
        failure.message = fit_for_people(std::move(failure.message), secret_);
    } else if (auto const* finished = std::get_if<llm::Finished>(&**event)) {
        finished_ = *finished;
        if (on_whole_) on_whole_();
        if (response_) return std::nullopt;
    }
    return event;
}

/// Feeds what a read has brought; false when there is nothing.
bool HttpStream::take_arrived() {
    auto const bytes = response_ ? response_->read_now() : std::nullopt;
    if (bytes) take(*bytes);
    return bytes.has_value();
}

// Not a coroutine: nothing but the read itself is held while the model is silent.
asio::awaitable<void> HttpStream::arrive() {
    if (finished_) return read_to_the_end();
    if (decoder_->said_its_end()) return read_end_mark();
    auto arrival = response_->arrival();
    return arrival ? std::move(*arrival) : read();
}

asio::awaitable<void> HttpStream::read() { take(co_await response_->read_some()); }

asio::awaitable<void> HttpStream::read_end_mark() {
    if (!end_mark_due_) end_mark_due_ = now() + end_mark_grace;
    take(co_await read_until(*response_, *end_mark_due_));
}

void HttpStream::take(Result<std::string_view> const& bytes) {
    if (bytes && !bytes->empty()) return decoder_->feed(*bytes);
    bool const whole = bytes || (decoder_->said_its_end() && bytes.error().code != Errc::cancelled);
    response_.reset();
    if (whole) return decoder_->end_of_body();
    failure_ = std::make_unique<llm::Failure>(failure_from(bytes.error()));
    failure_->provider_request_id = request_id_;
}

asio::awaitable<void> HttpStream::read_to_the_end() {
    auto const deadline = now() + end_of_body_grace;
    while (response_) {
        auto const bytes = co_await read_until(*response_, deadline);
        if (!bytes || bytes->empty()) response_.reset();
    }
}

}  // namespace kaiwa::providers
