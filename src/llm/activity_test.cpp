#include "llm/activity.hpp"

#include <gtest/gtest.h>

namespace kaiwa::llm {
namespace {

using namespace std::chrono_literals;
using End = Activity::Call::End;

// 2026-01-02T03:04:30Z
constexpr Timestamp start{std::chrono::milliseconds(1'767'323'070'000)};

TEST(Activity, CountsByTheMinute) {
    Activity activity;
    activity.count(start, {120ms, End::answered});
    activity.count(start + 29s, {180ms, End::failed});
    activity.count(start + 29s, {std::nullopt, End::failed});
    activity.count(start + 30s, {std::nullopt, End::stopped});

    auto const shown = activity.periods(start + 30s, 1min, 3);
    ASSERT_EQ(shown.size(), 3u);
    EXPECT_EQ(to_rfc3339(shown[0].begin), "2026-01-02T03:03:00.000Z");
    EXPECT_EQ(shown[0].requests, 0u);
    EXPECT_FALSE(shown[0].mean_first_token);
    EXPECT_EQ(shown[1].requests, 3u);
    EXPECT_EQ(shown[1].failures, 2u);
    EXPECT_EQ(shown[1].mean_first_token, 150ms);
    EXPECT_EQ(shown[1].slowest_first_token, 180ms);
    EXPECT_EQ(shown[2].requests, 1u);
    EXPECT_EQ(shown[2].failures, 0u) << "a stopped one is no failure";
    EXPECT_FALSE(shown[2].slowest_first_token);
}

TEST(Activity, PeriodsBeginAtMultiplesOfTheirLength) {
    Activity activity;
    activity.count(start, {100ms, End::answered});
    activity.count(start - 5min, {400ms, End::answered});
    activity.count(start - 3min, {200ms, End::answered});

    auto const shown = activity.periods(start, 5min, 2);
    ASSERT_EQ(shown.size(), 2u);
    EXPECT_EQ(to_rfc3339(shown[0].begin), "2026-01-02T02:55:00.000Z");
    EXPECT_EQ(shown[0].requests, 1u);
    EXPECT_EQ(to_rfc3339(shown[1].begin), "2026-01-02T03:00:00.000Z");
    EXPECT_EQ(shown[1].requests, 2u);
    EXPECT_EQ(shown[1].mean_first_token, 150ms);
}

TEST(Activity, WhatIsADayOldIsOverwrittenAndNeverShown) {
    Activity activity;
    activity.count(start, {1ms, End::answered});
    EXPECT_EQ(activity.periods(start + 23h + 45min, 15min, 96).front().requests, 1u);
    for (auto const& period : activity.periods(start + 24h, 15min, 96))
        EXPECT_EQ(period.requests, 0u);

    activity.count(start + 24h, {2ms, End::failed});
    auto const shown = activity.periods(start + 24h, 1min, 1).front();
    EXPECT_EQ(shown.requests, 1u);
    EXPECT_EQ(shown.failures, 1u);
    EXPECT_EQ(shown.slowest_first_token, 2ms);
    EXPECT_EQ(activity.periods(start, 1min, 1).front().requests, 0u);
}

TEST(Activity, BearsAClockThatIsNotSetOrThatIsSetBack) {
    Activity activity;
    activity.count(Timestamp(-90s), {-5ms, End::answered});
    auto const shown = activity.periods(Timestamp(-90s), 1min, 1).front();
    EXPECT_EQ(shown.requests, 1u);
    EXPECT_EQ(shown.mean_first_token, 0ms);
    activity.count(start, {});
    activity.count(start - 2h, {});
    EXPECT_EQ(activity.periods(start - 2h, 1min, 1).front().requests, 1u);
    EXPECT_EQ(activity.periods(start, 1min, 1).front().requests, 1u);
}

TEST(Activity, NothingCountedIsZeros) {
    auto const shown = Activity().periods(start, 15min, 96);
    ASSERT_EQ(shown.size(), 96u);
    for (auto const& period : shown) EXPECT_EQ(period.requests, 0u);
}

}  // namespace
}  // namespace kaiwa::llm
