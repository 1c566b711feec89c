#include "llm/retry.hpp"

#include "base/wait.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace kaiwa::llm {
namespace {

/// Hands out an event that was already pulled, then the rest of the stream.
class PulledStream final : public CompletionStream {
public:
    PulledStream(std::unique_ptr<CompletionStream> stream, Event first)
        : stream_(std::move(stream)), first_(std::move(first)) {}

    std::optional<Outcome<Event>> ready() override {
        if (first_) return *std::exchange(first_, std::nullopt);
        return stream_->ready();
    }
    asio::awaitable<void> arrive() override { return stream_->arrive(); }

    [[nodiscard]] std::string provider_request_id() const override {
        return stream_->provider_request_id();
    }

private:
    std::unique_ptr<CompletionStream> stream_;
    std::optional<Event> first_;
};

/// One attempt: the request, and the wait for its first event.
asio::awaitable<Outcome<std::unique_ptr<CompletionStream>>> start_and_pull(
    ChatModel& model, CompletionRequest request) {
    auto stream = co_await model.start(std::move(request));
    if (!stream) co_return std::unexpected(std::move(stream.error()));
    auto first = co_await (*stream)->next();
    if (!first) {
        if (first.error().provider_request_id.empty()) {
            first.error().provider_request_id = (*stream)->provider_request_id();
        }
        co_return std::unexpected(std::move(first.error()));
    }
    co_return std::make_unique<PulledStream>(std::move(*stream), std::move(*first));
}

bool may_help(Failure const& failure) {
    switch (failure.kind) {
        case FailureClass::rate_limited:
        case FailureClass::overloaded:
        case FailureClass::model_error:
            return true;
        case FailureClass::network:
            return failure.is_unsent;
        default:
            return false;
    }
}

}  // namespace

bool RetryBudget::take() {
    std::lock_guard const lock(mutex_);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
}

void RetryBudget::give_back() {
    std::lock_guard const lock(mutex_);
    tokens_ = std::min(most_, tokens_ + 0.1);
}

RetryingModel::RetryingModel(std::shared_ptr<ChatModel> model, RetryPolicy policy, Random& random)
    : model_(std::move(model)), policy_(policy), random_(random) {}

asio::awaitable<Outcome<std::unique_ptr<CompletionStream>>> RetryingModel::start(
    CompletionRequest request) {
    auto* const watcher = request.watcher;
    for (unsigned attempt = 1;; ++attempt) {
        auto copy = attempt < policy_.max_attempts ? request : std::move(request);
        auto stream = co_await start_and_pull(*model_, std::move(copy));
        if (stream) {
            budget_->give_back();
            co_return stream;
        }
        auto const& failure = stream.error();
        auto const most_attempts = failure.kind == FailureClass::model_error
                                       ? policy_.max_attempts_at_a_failing_model
                                       : policy_.max_attempts;
        if (attempt >= most_attempts || !may_help(failure)) co_return stream;
        auto const advice = failure.retry_after.value_or(std::chrono::milliseconds(0));
        if (advice > policy_.longest_advice || !budget_->take()) co_return stream;

        if (watcher) co_await watcher->asking_again(failure);
        // Full jitter: anywhere between nothing and twice the last pause. Advice is a floor, with
        // jitter on top so that all who were told the same do not come back together.
        auto const factor = std::int64_t{1} << std::min(attempt - 1, 20u);
        auto const most = std::min(policy_.cap, policy_.base * factor);
        auto const pause =
            std::chrono::duration_cast<std::chrono::milliseconds>(most * random_.fraction());
        bool const rested = co_await sleep_for(advice + pause);
        if (!rested) {
            co_return std::unexpected(make_failure(FailureClass::cancelled, "stopped"));
        }
    }
}

asio::awaitable<Outcome<std::vector<ModelInfo>>> RetryingModel::list() {
    co_return co_await model_->list();
}

}  // namespace kaiwa::llm
