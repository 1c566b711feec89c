#include "api/compat/limits.hpp"

#include "tests/support/manual_clock.hpp"

#include <gtest/gtest.h>

namespace kaiwa::api::compat {
namespace {

boost::asio::ip::address address(char const* text) {
    return boost::asio::ip::make_address(text);
}

TEST(AnonymousQuota, FillsAgainWithinAMinute) {
    kaiwa::test::ManualClock clock;
    AnonymousQuota quota(clock);
    auto const one = address("192.0.2.1");
    for (int i = 0; i < 6; ++i) EXPECT_TRUE(quota.take(one, 6)) << i;
    EXPECT_FALSE(quota.take(one, 6));
    clock.advance(std::chrono::seconds(9));
    EXPECT_FALSE(quota.take(one, 6));
    clock.advance(std::chrono::seconds(2));
    EXPECT_TRUE(quota.take(one, 6));
    EXPECT_FALSE(quota.take(one, 6));
    clock.advance(std::chrono::hours(1));
    for (int i = 0; i < 6; ++i) EXPECT_TRUE(quota.take(one, 6));
    EXPECT_FALSE(quota.take(one, 6));
}

TEST(AnonymousQuota, LookingUsesNothingUp) {
    kaiwa::test::ManualClock clock;
    AnonymousQuota quota(clock);
    auto const one = address("192.0.2.1");
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(quota.has_one(one, 1)) << i;
    EXPECT_TRUE(quota.take(one, 1));
    EXPECT_FALSE(quota.has_one(one, 1));
    clock.advance(std::chrono::minutes(1));
    EXPECT_TRUE(quota.has_one(one, 1));
    EXPECT_TRUE(quota.take(one, 1));
}

TEST(AnonymousQuota, CountsAddressesApartAndANetworkOfVersion6Together) {
    kaiwa::test::ManualClock clock;
    AnonymousQuota quota(clock);
    EXPECT_TRUE(quota.take(address("192.0.2.1"), 1));
    EXPECT_TRUE(quota.take(address("192.0.2.2"), 1));
    EXPECT_FALSE(quota.take(address("::ffff:192.0.2.1"), 1));
    EXPECT_TRUE(quota.take(address("2001:db8:0:1::1"), 1));
    EXPECT_FALSE(quota.take(address("2001:db8:0:1:ffff::2"), 1));
    EXPECT_TRUE(quota.take(address("2001:db8:0:2::1"), 1));
}

TEST(AnonymousQuota, HasAPlaceAgainWhenOneIsLetGo) {
    kaiwa::test::ManualClock clock;
    AnonymousQuota quota(clock);
    auto first = quota.reserve(2);
    auto const second = quota.reserve(2);
    EXPECT_TRUE(second);
    EXPECT_FALSE(quota.reserve(2));
    auto const elsewhere = std::move(first);
    EXPECT_FALSE(quota.reserve(2)) << "it goes with the turn";
    first = quota.reserve(3);
    EXPECT_TRUE(first);
    first.reset();
    EXPECT_TRUE(quota.reserve(3));
}

TEST(AnonymousQuota, RemembersABoundedNumberOfAddresses) {
    kaiwa::test::ManualClock clock;
    AnonymousQuota quota(clock);
    for (std::uint32_t i = 0; i <= AnonymousQuota::max_addresses; ++i)
        EXPECT_TRUE(quota.take(boost::asio::ip::make_address_v4(i + 1), 1));
    EXPECT_TRUE(quota.take(boost::asio::ip::make_address_v4(1), 1)) << "the oldest was forgotten";
    EXPECT_FALSE(quota.take(boost::asio::ip::make_address_v4(1000), 1));
}

}  // namespace
}  // namespace kaiwa::api::compat
