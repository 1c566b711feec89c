#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace kaiwa::llm {

/// What was asked of one provider in one period.
struct ActivityPeriod {
    Timestamp begin;
    std::uint32_t requests = 0;
    std::uint32_t failures = 0;  ///< Of the requests; one that was stopped is none.
    /// From asking to the first text or reasoning; unset when no request got so far.
    std::optional<std::chrono::milliseconds> mean_first_token;
    std::optional<std::chrono::milliseconds> slowest_first_token;
};

/// The figures of one provider for each minute of the last 24 hours, in this process alone. Takes
/// 45 KiB from the first count on, whatever happens (docs/decisions/0020-figures-in-a-ring.md).
///
/// A value without a lock: its owner has one.
class Activity {
public:
    static constexpr std::chrono::hours span{24};

    struct Call {
        std::optional<std::chrono::milliseconds> first_token;
        enum class End { answered, failed, stopped } end = End::answered;
    };
    /// Counts a call that ended at `now`.
    void count(Timestamp now, Call call);

    /// The newest `number` periods of `length`, oldest first; the last is the one that `now` is in.
    /// Together they are at most `span`.
    [[nodiscard]] std::vector<ActivityPeriod> periods(Timestamp now, std::chrono::minutes length,
                                                      std::size_t number) const;

private:
    struct Minute {
        std::int64_t number =
            -1;  ///< Minutes since 1970; what is older than `span` is overwritten.
        std::uint64_t first_token_sum = 0;
        std::uint32_t slowest_first_token = 0;
        std::uint32_t first_tokens = 0;
        std::uint32_t requests = 0;
        std::uint32_t failures = 0;
    };
    std::vector<Minute> minutes_;  ///< Empty, or one for each minute of `span`.
};

}  // namespace kaiwa::llm
