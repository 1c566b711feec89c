#include "oidc/issuer_keys.hpp"

#include "oidc/discovery.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_transport.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/token_maker.hpp"

#include <gtest/gtest.h>

namespace kaiwa::oidc {
namespace {

using kaiwa::test::run_task;
using Freshness = auth::KeySource::Freshness;

constexpr auto issuer = "https://id.example/pool";

std::string key_set(std::string_view id) {
    static auto const key = kaiwa::test::SigningKey::p256();
    auto jwk = key.jwk();
    jwk["kid"] = id;
    return json::serialize(json::object{{"keys", json::array{jwk}}});
}

std::string description(std::string_view name = issuer,
                        std::string_view keys = "https://keys.example/jwks") {
    return json::serialize(json::object{{"issuer", name}, {"jwks_uri", keys}});
}

class IssuerKeysTest : public testing::Test {
protected:
    void answer_with(std::string_view id) {
        transport.answer(200, description());
        transport.answer(200, key_set(id));
    }
    Result<std::shared_ptr<auth::KeySet const>> get(Freshness freshness = Freshness::kept) {
        return run_task(source.keys(issuer, freshness));
    }

    asio::awaitable<void> count_given(int& given) {
        auto const keys = co_await source.keys(issuer, Freshness::kept);
        given += keys && (*keys)->has("one") ? 1 : 0;
    }

    kaiwa::test::MemoryTransport transport;
    kaiwa::test::ManualClock clock;
    NullLog log;
    IssuerKeys source{transport, clock, log};
};

TEST_F(IssuerKeysTest, AreFetchedOnceThroughDiscovery) {
    answer_with("one");
    ASSERT_TRUE(get());
    EXPECT_TRUE((*get())->has("one"));
    ASSERT_EQ(transport.requests.size(), 2u);
    EXPECT_EQ(transport.requests[0].url,
              "https://id.example/pool/.well-known/openid-configuration");
    EXPECT_EQ(transport.requests[1].url, "https://keys.example/jwks");
}

TEST_F(IssuerKeysTest, AreFetchedAgainForAMissingKeyButNotForEveryOne) {
    answer_with("one");
    ASSERT_TRUE(get());
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(get(Freshness::fetched));
    EXPECT_EQ(transport.requests.size(), 2u) << "they were fetched a moment ago";
    clock.advance(IssuerKeys::pause);
    answer_with("two");
    for (int i = 0; i < 5; ++i) EXPECT_TRUE((*get(Freshness::fetched))->has("two"));
    EXPECT_EQ(transport.requests.size(), 4u);
}

TEST_F(IssuerKeysTest, AreFetchedAgainAfterAnHour) {
    answer_with("one");
    ASSERT_TRUE(get());
    clock.advance(IssuerKeys::refresh_after);
    answer_with("two");
    EXPECT_TRUE((*get())->has("two"));
}

TEST_F(IssuerKeysTest, StayGoodForADayWhileTheIssuerDoesNotAnswer) {
    answer_with("one");
    ASSERT_TRUE(get());
    clock.advance(std::chrono::hours(2));
    EXPECT_TRUE((*get())->has("one"));
    auto const asked = transport.requests.size();
    EXPECT_TRUE(get());
    EXPECT_EQ(transport.requests.size(), asked) << "a failure is not repeated for each request";
    clock.advance(std::chrono::hours(22));
    auto const told = get().error();
    EXPECT_EQ(told.code, Errc::unavailable);
    EXPECT_FALSE(told.message.contains("://")) << "where the issuer is, is for the log";
}

TEST_F(IssuerKeysTest, AreGivenAtOnceWhileOneAsksAnIssuerThatHangs) {
    answer_with("one");
    ASSERT_TRUE(get());
    clock.advance(std::chrono::hours(2));
    kaiwa::test::MemoryAnswer hanging;
    hanging.stays_open = true;
    transport.answers.emplace_back(std::move(hanging));
    asio::io_context io;
    asio::cancellation_signal stop;
    int given = 0;
    spawn(io.get_executor(), stop.slot(), count_given(given), [](std::exception_ptr) {});
    for (int i = 0; i < 20; ++i)
        spawn(io.get_executor(), {}, count_given(given), [](std::exception_ptr) {});
    for (int i = 0; i < 200 && given < 20; ++i) io.poll();
    EXPECT_EQ(given, 20);
    ASSERT_EQ(transport.requests.size(), 3u);
    EXPECT_LE(transport.requests[2].deadlines.total, IssuerKeys::refresh_patience);
    stop.emit(asio::cancellation_type::terminal);
    io.run();
    // For a key that is missing the issuer has its time.
    clock.advance(IssuerKeys::pause);
    answer_with("two");
    EXPECT_TRUE((*get(Freshness::fetched))->has("two"));
    EXPECT_EQ(transport.requests[3].deadlines.total, question_patience);
}

TEST_F(IssuerKeysTest, AreUnavailableWhenTheIssuerIsNotWhatItShouldBe) {
    transport.answer(200, description("https://evil.example"));
    EXPECT_EQ(get().error().code, Errc::unavailable);
    auto const asked = transport.requests.size();
    EXPECT_EQ(get().error().code, Errc::unavailable);
    EXPECT_EQ(transport.requests.size(), asked);
    for (auto const* keys : {"", "http://keys.example", "file:///etc/passwd", "https://u:p@keys.example",
                             "https:///keys", "a:?"}) {
        clock.advance(IssuerKeys::pause_after_failure);
        transport.answer(200, description(issuer, keys));
        EXPECT_EQ(get().error().code, Errc::unavailable) << keys;
        EXPECT_TRUE(transport.answers.empty()) << "nothing was asked there";
    }
    for (auto const* body : {"", "[]", "{", "{\"keys\":[]}"}) {
        clock.advance(IssuerKeys::pause_after_failure);
        transport.answer(200, description());
        transport.answer(200, body);
        EXPECT_EQ(get().error().code, Errc::unavailable) << body;
    }
    clock.advance(IssuerKeys::pause_after_failure);
    transport.answer(302, "");
    EXPECT_EQ(get().error().code, Errc::unavailable);
}

TEST(Issuer, IsAnHttpsAddressOrOnThisMachine) {
    for (auto const* good : {"https://id.example", "https://id.example/a/b", "https://id.example/",
                             "http://127.0.0.1:8080/x", "http://localhost:1",
                             "http://[::1]:8080"})
        EXPECT_TRUE(is_issuer(good)) << good;
    for (auto const* bad : {"", "id.example", "http://id.example", "https://", "ftp://id.example",
                            "https://u@id.example", "https://id.example?x", "https://id.example#x",
                            "http://127.0.0.1.evil.example"})
        EXPECT_FALSE(is_issuer(bad)) << bad;
}

}  // namespace
}  // namespace kaiwa::oidc
