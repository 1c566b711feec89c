#include "auth/rules.hpp"

#include "auth/password_hash.hpp"
#include "auth/sign_in_throttle.hpp"
#include "tests/support/manual_clock.hpp"

#include <gtest/gtest.h>

namespace kaiwa::auth {
namespace {

using namespace std::chrono_literals;

TEST(Usernames, MayBeOfAnyLanguage) {
    std::string wide;
    for (int i = 0; i < 64; ++i) wide += "漢";
    for (std::string const& good :
         {std::string("a"), std::string("Jo Ann"), std::string("田中 太郎"), std::string("がぎぐ"),
          std::string("é@x.jp"), wide})
        EXPECT_TRUE(check_username(good)) << good;
}

TEST(Usernames, AreNeverWhatNobodyCanSeeOrType) {
    std::string const too_long(65, 'a');
    for (std::string const& bad :
         {std::string(), too_long, std::string("a\nb"), std::string("a\0b", 3), std::string("\x7f"),
          std::string("\u0085"), std::string("a\u200bb"), std::string("\u202eabc"),
          std::string(" a"), std::string("a "), std::string("a\u3000"), std::string("\xff"),
          std::string("e\u0301"), std::string("か\u3099"), std::string("key:ci")})
        EXPECT_EQ(check_username(bad).error().code, Errc::invalid_argument) << bad;
}

TEST(NewPasswords, HaveALength) {
    EXPECT_FALSE(check_new_password(Secret("1234567")));
    EXPECT_TRUE(check_new_password(Secret("12345678")));
    EXPECT_FALSE(check_new_password(Secret("あああ"))) << "characters count, not bytes";
    EXPECT_TRUE(check_new_password(Secret("ああああああああ")));
    EXPECT_TRUE(check_new_password(Secret(std::string(1024, 'x'))));
    EXPECT_FALSE(check_new_password(Secret(std::string(1025, 'x'))));
}

TEST(PasswordHash, NeverMatchesWhatItCannotRead) {
    for (char const* stored : {"", "$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHQ$aGFzaA",
                               "$argon2id$", "sha256:", "sha256:abc", "plain"})
        EXPECT_EQ(match_password(Secret(""), stored), PasswordMatch::no) << stored;
}

TEST(PasswordHash, SaltsEachHashAndMatchesOnlyItsPassword) {
    SystemRandom random;
    auto const ours = hash_password(Secret("correct horse"), random).value();
    EXPECT_EQ(match_password(Secret("correct horse"), ours), PasswordMatch::yes);
    EXPECT_EQ(match_password(Secret("correct hors"), ours), PasswordMatch::no);
    EXPECT_NE(hash_password(Secret("correct horse"), random).value(), ours);
}

TEST(SignInThrottle, PausesAnAccountLongerAfterEachFailure) {
    test::ManualClock clock;
    SignInThrottle throttle(clock);
    auto const from = boost::asio::ip::make_address("192.0.2.1");
    for (unsigned i = 0; i < SignInThrottle::free_account_failures; ++i) {
        EXPECT_EQ(throttle.pause("alice", from), 0ms);
        throttle.failed("alice", from);
    }
    EXPECT_EQ(throttle.pause("alice", from), 1s);
    EXPECT_EQ(throttle.pause("bob", from), 0ms);
    throttle.failed("alice", from);
    EXPECT_EQ(throttle.pause("alice", from), 2s);
    for (int i = 0; i < 20; ++i) throttle.failed("alice", from);
    EXPECT_EQ(throttle.pause("alice", from), SignInThrottle::longest_account_pause);
    throttle.succeeded("alice", from);
    EXPECT_EQ(throttle.pause("alice", from), 0ms);
}

TEST(SignInThrottle, SharesAFateWithinANetworkAndForgetsWithTime) {
    test::ManualClock clock;
    SignInThrottle throttle(clock);
    auto const at = [](char const* text) { return boost::asio::ip::make_address(text); };
    for (unsigned i = 0; i < SignInThrottle::network_failures; ++i) {
        throttle.failed("v4-" + std::to_string(i), at("198.51.100.1"));
        throttle.failed("v6-" + std::to_string(i), at("2001:db8:0:1::1"));
    }
    EXPECT_GT(throttle.pause("x", at("198.51.100.250")), 0ms);
    EXPECT_GT(throttle.pause("x", at("::ffff:198.51.100.9")), 0ms);
    EXPECT_GT(throttle.pause("x", at("2001:db8:0:1:ffff::2")), 0ms);
    EXPECT_EQ(throttle.pause("x", at("198.51.101.1")), 0ms);
    EXPECT_EQ(throttle.pause("x", at("2001:db8:0:2::1")), 0ms);
    clock.advance(SignInThrottle::network_refill);
    EXPECT_EQ(throttle.pause("x", at("198.51.100.250")), 0ms);
}

TEST(SignInThrottle, AClockThatIsSetBackLocksNobodyOut) {
    test::ManualClock clock;
    SignInThrottle throttle(clock);
    auto const from = boost::asio::ip::make_address("192.0.2.1");
    for (unsigned i = 0; i < SignInThrottle::network_failures; ++i) throttle.failed("ann", from);
    clock.advance(-24h);
    EXPECT_EQ(throttle.pause("ann", from), SignInThrottle::longest_account_pause);
    clock.advance(SignInThrottle::longest_account_pause);
    EXPECT_EQ(throttle.pause("ann", from), 0ms);
}

TEST(SignInThrottle, RemembersAsMuchAsItsBound) {
    test::ManualClock clock;
    SignInThrottle throttle(clock);
    auto const from = boost::asio::ip::make_address("192.0.2.1");
    for (unsigned i = 0; i < 6; ++i) throttle.failed("first", from);
    for (std::size_t i = 0; i < SignInThrottle::max_remembered; ++i)
        throttle.failed("user" + std::to_string(i), from);
    clock.advance(SignInThrottle::network_refill * SignInThrottle::max_remembered);
    EXPECT_EQ(throttle.pause("first", from), 0ms) << "the oldest was forgotten";
}

TEST(SignInThrottle, NobodyLocksTheOwnerOut) {
    test::ManualClock clock;
    SignInThrottle throttle(clock);
    auto const home = boost::asio::ip::make_address("192.0.2.1");
    auto const elsewhere = boost::asio::ip::make_address("203.0.113.1");
    throttle.succeeded("admin", home);
    for (int i = 0; i < 30; ++i) throttle.failed("admin", elsewhere);
    EXPECT_EQ(throttle.pause("admin", elsewhere), SignInThrottle::longest_account_pause);
    EXPECT_EQ(throttle.pause("admin", home), 0ms);
    auto const third = boost::asio::ip::make_address("198.51.100.1");
    EXPECT_EQ(throttle.pause("admin", third), 0ms);
}

TEST(SignInThrottle, ManyNetworksTogetherGuessSlowly) {
    test::ManualClock clock;
    SignInThrottle throttle(clock);
    auto const at = [](unsigned n) {
        return boost::asio::ip::make_address_v4(0xC6330000u + (n << 8));
    };
    auto const home = boost::asio::ip::make_address("192.0.2.1");
    throttle.succeeded("admin", home);
    for (unsigned n = 0; n < SignInThrottle::account_failures; ++n) {
        EXPECT_EQ(throttle.pause("admin", at(n)), 0ms) << n;
        throttle.failed("admin", at(n));
    }
    EXPECT_GT(throttle.pause("admin", at(200)), 0ms);
    EXPECT_EQ(throttle.pause("admin", home), 0ms) << "its owner is at home there";
    EXPECT_EQ(throttle.pause("bob", at(200)), 0ms);
    clock.advance(SignInThrottle::account_refill);
    EXPECT_EQ(throttle.pause("admin", at(200)), 0ms);
}

}  // namespace
}  // namespace kaiwa::auth
