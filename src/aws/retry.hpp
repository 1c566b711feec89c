#pragma once

#include "aws/error.hpp"
#include "base/random.hpp"

#include <chrono>
#include <mutex>

namespace kaiwa::aws {

/// How often and how patiently (botocore's "standard" mode: full jitter, a shared retry budget).
struct RetryPolicy {
    unsigned attempts = 3;                           ///< 4 for DynamoDB.
    std::chrono::milliseconds base{50};              ///< 25 ms for DynamoDB.
    std::chrono::milliseconds throttle_base{1'000};  ///< After "too many requests".
    std::chrono::milliseconds longest_pause{20'000};
};

/// How long to wait before try number `attempt` + 1, `attempt` from 1. The service's own advice is
/// kept, but for what is 5 s longer than we would have waited.
[[nodiscard]] std::chrono::milliseconds retry_pause(RetryPolicy const& policy,
                                                    Failure const& failure, unsigned attempt,
                                                    Random& random);

/// Shared by all calls of a client, so that a service in trouble does not get three times the
/// calls: retries stop while too few calls succeed. Thread-safe.
class RetryBudget {
public:
    static constexpr unsigned most = 500;

    /// Takes what this retry costs: 5, after a timeout 10. Zero when there is not that much left.
    [[nodiscard]] unsigned take(Failure const& failure);
    /// A call succeeded whose last retry cost `spent`, or 0.
    void succeeded(unsigned spent);

private:
    std::mutex mutex_;
    unsigned left_ = most;
};

}  // namespace kaiwa::aws
