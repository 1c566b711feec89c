#include "aws/cached_credentials.hpp"

#include "tests/support/log_lines.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run_task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kaiwa::aws {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class CachedCredentialsTest : public testing::Test {
protected:
    asio::awaitable<Outcome<Credentials>> load() {
        ++loads;
        if (slow) co_await sleep_for(std::chrono::milliseconds(30));
        if (failing) co_return fail(Failure::Kind::credentials, "the source is down");
        Credentials given;
        given.access_key_id = fmt::format("K{}", loads);
        given.source = "the test";
        if (life) given.expires_at = clock.now() + *life;
        if (end) given.expires_at = end;
        co_return given;
    }
    std::string ask() {
        auto const found = kaiwa::test::run_task(cached.credentials());
        return found ? found->access_key_id : found.error().message;
    }

    kaiwa::test::ManualClock clock;
    SystemRandom random;
    kaiwa::test::LogLines log;
    int loads = 0;
    bool failing = false;
    bool slow = false;
    std::optional<std::chrono::milliseconds> life = std::chrono::hours(1);
    std::optional<Timestamp> end;  // the same at each question
    CachedCredentials cached{[this] { return load(); }, clock, random, log};
};

TEST_F(CachedCredentialsTest, AsksAgainAQuarterOfAnHourAhead) {
    EXPECT_EQ(ask(), "K1");
    clock.advance(minutes(44));
    EXPECT_EQ(ask(), "K1");
    clock.advance(minutes(2));
    EXPECT_EQ(ask(), "K2");
}

TEST_F(CachedCredentialsTest, AsksForWhatLivesShortlyBeforeItEnds) {
    life = seconds(20);
    EXPECT_EQ(ask(), "K1");
    clock.advance(seconds(14));
    EXPECT_EQ(ask(), "K1");
    clock.advance(seconds(1));
    EXPECT_EQ(ask(), "K2");
    life = seconds(1);
    clock.advance(seconds(15));
    EXPECT_EQ(ask(), "K3");
    clock.advance(seconds(4));
    EXPECT_EQ(ask(), "K3") << "not with every call";
    clock.advance(seconds(1));
    EXPECT_EQ(ask(), "K4");
}

TEST_F(CachedCredentialsTest, UsesWhatLivesShortlyToItsEndWhileTheSourceIsDown) {
    life = seconds(20);
    EXPECT_EQ(ask(), "K1");
    failing = true;
    clock.advance(seconds(15));
    EXPECT_EQ(ask(), "K1");
    clock.advance(seconds(4));
    EXPECT_EQ(ask(), "K1");
    EXPECT_EQ(loads, 2);
    clock.advance(seconds(1));
    EXPECT_EQ(ask(), "the source is down");
}

TEST_F(CachedCredentialsTest, NeverAsksAgainForWhatDoesNotExpire) {
    life.reset();
    EXPECT_EQ(ask(), "K1");
    clock.advance(std::chrono::hours(24 * 365));
    EXPECT_EQ(ask(), "K1");
}

TEST_F(CachedCredentialsTest, DoesNotAskAllTheTimeForShortLivedOnes) {
    life = minutes(12);
    EXPECT_EQ(ask(), "K1");
    clock.advance(minutes(5));
    EXPECT_EQ(ask(), "K1");
    clock.advance(minutes(2));
    EXPECT_EQ(ask(), "K2");
}

TEST_F(CachedCredentialsTest, UsesWhatIsGoodWhileTheSourceIsDown) {
    EXPECT_EQ(ask(), "K1");
    failing = true;
    clock.advance(minutes(46));
    EXPECT_EQ(ask(), "K1");
    EXPECT_EQ(ask(), "K1");
    EXPECT_EQ(loads, 2) << "it is asked again after a minute, not at once";
    clock.advance(minutes(13));
    EXPECT_EQ(ask(), "K1");
    clock.advance(minutes(2));
    EXPECT_EQ(ask(), "the source is down");
    failing = false;
    EXPECT_EQ(ask(), "K5");
}

TEST_F(CachedCredentialsTest, UsesExpiredOnesThatAnInstanceGives) {
    life = -minutes(5);
    EXPECT_EQ(ask(), "K1");
    EXPECT_EQ(ask(), "K1");
    clock.advance(minutes(6));
    EXPECT_EQ(ask(), "K2");
}

TEST_F(CachedCredentialsTest, SaysOnceThatASourceHasNothingButExpiredOnes) {
    end = clock.now() + minutes(20);
    auto const since = to_rfc3339(*end);
    EXPECT_EQ(ask(), "K1");
    clock.advance(minutes(19));
    EXPECT_EQ(ask(), "K2");
    EXPECT_EQ(log.text(), "");
    clock.advance(minutes(6));
    EXPECT_EQ(ask(), "K3");
    auto const line = "aws_credentials_expired source=the test since=" + since +
                      " reason=the source has no newer ones; they are used all the same\n";
    EXPECT_EQ(log.text(), line);
    clock.advance(minutes(6));
    EXPECT_EQ(ask(), "K4");
    EXPECT_EQ(log.text(), line) << "once, however often it is asked";
    *end += minutes(10);
    clock.advance(minutes(6));
    EXPECT_EQ(ask(), "K5");
    EXPECT_EQ(std::ranges::count(log.text(), '\n'), 2) << "others that are expired, too";
}

TEST_F(CachedCredentialsTest, AsksAgainForWhatTheServiceRefused) {
    EXPECT_EQ(ask(), "K1");
    cached.invalidate();
    EXPECT_EQ(ask(), "K1") << "new ones are not thrown away by calls that had the old ones";
    clock.advance(seconds(6));
    cached.invalidate();
    EXPECT_EQ(ask(), "K2");
    clock.advance(seconds(6));
    cached.invalidate();
    failing = true;
    EXPECT_EQ(ask(), "the source is down");
}

/// Several callers at once on one loop.
class Crowd {
public:
    explicit Crowd(CachedCredentials& cached) : cached_(cached) {}
    void add(asio::cancellation_slot stop = {}) {
        spawn(io.get_executor(), stop, ask(), [](std::exception_ptr) {});
    }
    asio::awaitable<void> ask() {
        auto const found = co_await cached_.credentials();
        answers.push_back(found ? found->access_key_id : found.error().message);
    }
    asio::io_context io{1};
    std::vector<std::string> answers;

private:
    CachedCredentials& cached_;
};

TEST_F(CachedCredentialsTest, AsksOnceForAnyNumberOfCallers) {
    slow = true;
    Crowd crowd(cached);
    for (int i = 0; i < 50; ++i) crowd.add();
    crowd.io.run();
    EXPECT_EQ(crowd.answers, std::vector<std::string>(50, "K1"));
    EXPECT_EQ(loads, 1);
}

TEST_F(CachedCredentialsTest, GivesOneFailureToAllThatWaitedForIt) {
    slow = true;
    failing = true;
    Crowd crowd(cached);
    for (int i = 0; i < 50; ++i) crowd.add();
    crowd.io.run();
    EXPECT_EQ(crowd.answers, std::vector<std::string>(50, "the source is down"));
    EXPECT_EQ(loads, 1);
}

TEST_F(CachedCredentialsTest, GivesWhatIsStillGoodToAllThatWaitedForAFailure) {
    EXPECT_EQ(ask(), "K1");
    clock.advance(minutes(52));
    slow = true;
    failing = true;
    Crowd crowd(cached);
    for (int i = 0; i < 50; ++i) crowd.add();
    crowd.io.run();
    EXPECT_EQ(crowd.answers, std::vector<std::string>(50, "K1"));
    EXPECT_EQ(loads, 2);
}

TEST_F(CachedCredentialsTest, LetsOthersGoOnWhileOneAsks) {
    EXPECT_EQ(ask(), "K1");
    clock.advance(minutes(46));
    slow = true;
    Crowd crowd(cached);
    for (int i = 0; i < 3; ++i) crowd.add();
    crowd.io.run();
    EXPECT_EQ(crowd.answers, (std::vector<std::string>{"K1", "K1", "K2"}));
}

}  // namespace
}  // namespace kaiwa::aws
