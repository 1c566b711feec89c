#include "aws/retry.hpp"

#include <algorithm>

namespace kaiwa::aws {

namespace {
constexpr unsigned retry_cost = 5;
constexpr unsigned timeout_cost = 10;
constexpr std::chrono::milliseconds longest_detour{5'000};
}  // namespace

std::chrono::milliseconds retry_pause(RetryPolicy const& policy, Failure const& failure,
                                      unsigned attempt, Random& random) {
    auto most = is_throttling(failure) ? policy.throttle_base : policy.base;
    for (unsigned i = 1; i < attempt && most < policy.longest_pause; ++i) most *= 2;
    most = std::min(most, policy.longest_pause);
    auto const pause = std::chrono::milliseconds(static_cast<std::int64_t>(
        random.fraction() * static_cast<double>(most.count())));
    if (!failure.retry_after) return pause;
    return std::clamp(*failure.retry_after, pause, pause + longest_detour);
}

unsigned RetryBudget::take(Failure const& failure) {
    auto const cost = failure.kind == Failure::Kind::timed_out ? timeout_cost : retry_cost;
    std::lock_guard const lock(mutex_);
    if (left_ < cost) return 0;
    left_ -= cost;
    return cost;
}

void RetryBudget::succeeded(unsigned spent) {
    std::lock_guard const lock(mutex_);
    left_ = std::min(most, left_ + std::max(spent, 1U));
}

}  // namespace kaiwa::aws
