#pragma once

#include "base/random.hpp"
#include "llm/chat_model.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

namespace kaiwa::llm {

struct RetryPolicy {
    unsigned max_attempts = 3;
    unsigned max_attempts_at_a_failing_model = 2;  ///< It may have been paid for each time.
    std::chrono::milliseconds base{500};
    std::chrono::milliseconds cap{20'000};
    std::chrono::milliseconds longest_advice{
        60'000};  ///< A longer retry-after is a failure at once.
};

/// Shared by all calls of a provider: each retry takes a token, each success gives a tenth back, so
/// that retries stay under a tenth of the calls when everything fails. Thread-safe.
class RetryBudget {
public:
    explicit RetryBudget(double tokens = 20) : tokens_(tokens), most_(tokens) {}
    bool take();
    void give_back();

private:
    std::mutex mutex_;
    double tokens_;
    double most_;
};

/// A `ChatModel` that tries again with full jitter while no event came yet: rate_limited (after its
/// advice), overloaded, model_error (once), and network where no connection was made. Never after a
/// timeout or a connection that broke: the server may be working on the request, and asking again
/// would pay for it twice. `start()` returns with the first event at hand, and tells the request's
/// watcher of each further try.
class RetryingModel final : public ChatModel {
public:
    RetryingModel(std::shared_ptr<ChatModel> model, RetryPolicy policy, Random& random);
    asio::awaitable<Outcome<std::unique_ptr<CompletionStream>>> start(
        CompletionRequest request) override;
    asio::awaitable<Outcome<std::vector<ModelInfo>>> list() override;
    [[nodiscard]] std::optional<Failure> notice() const override { return model_->notice(); }

private:
    std::shared_ptr<ChatModel> model_;
    RetryPolicy policy_;
    Random& random_;
    std::shared_ptr<RetryBudget> budget_ = std::make_shared<RetryBudget>();
};

}  // namespace kaiwa::llm
