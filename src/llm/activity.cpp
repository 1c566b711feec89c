#include "llm/activity.hpp"

#include <algorithm>
#include <limits>

namespace kaiwa::llm {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr auto places = static_cast<std::size_t>(minutes(Activity::span).count());

std::int64_t minute_of(Timestamp time) {
    return std::chrono::floor<minutes>(time).time_since_epoch().count();
}

/// Where a minute lies in the ring; of minutes before 1970 too, as of a clock that is not set.
std::size_t place_of(std::int64_t minute) {
    auto const around = static_cast<std::int64_t>(places);
    return static_cast<std::size_t>(((minute % around) + around) % around);
}

}  // namespace

void Activity::count(Timestamp now, Call call) {
    if (minutes_.empty()) minutes_.resize(places);
    auto const number = minute_of(now);
    auto& minute = minutes_[place_of(number)];
    if (minute.number != number) {
        minute = {};
        minute.number = number;
    }
    ++minute.requests;
    if (call.end == Call::End::failed) ++minute.failures;
    if (!call.first_token) return;
    constexpr std::int64_t longest = std::numeric_limits<std::uint32_t>::max();
    auto const passed =
        static_cast<std::uint32_t>(std::clamp<std::int64_t>(call.first_token->count(), 0, longest));
    ++minute.first_tokens;
    minute.first_token_sum += passed;
    minute.slowest_first_token = std::max(minute.slowest_first_token, passed);
}

std::vector<ActivityPeriod> Activity::periods(Timestamp now, minutes length,
                                              std::size_t number) const {
    auto const each = length.count();
    auto const last = minute_of(now) / each * each;
    auto begin = last - each * (static_cast<std::int64_t>(number) - 1);
    std::vector<ActivityPeriod> all;
    all.reserve(number);
    for (; begin <= last; begin += each) {
        auto& period = all.emplace_back();
        period.begin = Timestamp(minutes(begin));
        std::uint64_t sum = 0;
        std::uint32_t first_tokens = 0;
        std::uint32_t slowest = 0;
        for (auto at = begin; at < begin + each && !minutes_.empty(); ++at) {
            auto const& minute = minutes_[place_of(at)];
            if (minute.number != at) continue;
            period.requests += minute.requests;
            period.failures += minute.failures;
            first_tokens += minute.first_tokens;
            sum += minute.first_token_sum;
            slowest = std::max(slowest, minute.slowest_first_token);
        }
        if (first_tokens == 0) continue;
        period.mean_first_token = milliseconds(sum / first_tokens);
        period.slowest_first_token = milliseconds(slowest);
    }
    return all;
}

}  // namespace kaiwa::llm
