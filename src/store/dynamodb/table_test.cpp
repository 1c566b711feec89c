#include "store/dynamodb/store.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_transport.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

namespace kaiwa::store::dynamodb {
namespace {

using namespace std::chrono_literals;

/// No pause is longer than nothing.
class NoRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> bytes) override { std::ranges::fill(bytes, 0); }
};

class TableTest : public testing::Test {
protected:
    test::MemoryTransport transport;
    test::ManualClock clock;
    NoRandom random;
    NullLog log;
    aws::StaticCredentials credentials{
        aws::Credentials{"key", Secret("secret"), {}, {}, {}, "test"}};
    aws::ServiceClient client{transport,
                              credentials,
                              clock,
                              random,
                              aws::Endpoint{"dynamodb", "eu-west-1", "https://dynamodb.test"},
                              dynamodb_retries()};
    ServiceCalls calls{client};
    Table table{calls, "chat", random, log};
};

TEST_F(TableTest, NoCallWaitsForAsLongAsALeaseLasts) {
    transport.answer(200, "{}");
    ASSERT_TRUE(test::run_task(table.get(Key{"a", "b"})));
    auto const& deadlines = transport.requests.at(0).deadlines;
    EXPECT_LE(deadlines.connect, 2s);
    EXPECT_LE(deadlines.first_byte, 4s);
    EXPECT_LE(deadlines.idle, 4s);
    EXPECT_LE(deadlines.total, 10s);
    transport.answer(200, "{}");
    auto const soon = std::chrono::steady_clock::now() + 100ms;
    ASSERT_TRUE(test::run_task(calls.call("GetItem", json::object(), soon)));
    EXPECT_LE(transport.requests.at(1).deadlines.total, 100ms);
}

TEST_F(TableTest, OneLayerTriesAgainAndItEnds) {
    for (int i = 0; i < 200; ++i)
        transport.answer(400, R"({"__type":"x#ProvisionedThroughputExceededException"})");
    auto const found = test::run_task(table.get(Key{"a", "b"}));
    EXPECT_EQ(found.error().code, Errc::unavailable);
    EXPECT_EQ(transport.requests.size(), dynamodb_retries().attempts);
    // The retries that all calls share are soon used up, and then each call is made once.
    for (int i = 0; i < 10; ++i) (void)test::run_task(table.get(Key{"a", "b"}));
    auto const before = transport.requests.size();
    EXPECT_FALSE(test::run_task(table.get(Key{"a", "b"})));
    EXPECT_EQ(transport.requests.size(), before + 1);
}

TEST_F(TableTest, OurOwnTroubleWithAwsIsNoVerdictOnWhoeverAsks) {
    transport.answer(400,
                     R"({"__type":"x#AccessDeniedException","Message":"User: arn:aws:iam::1"})");
    auto const denied = test::run_task(table.get(Key{"a", "b"}));
    EXPECT_EQ(denied.error().code, Errc::unavailable);
    EXPECT_FALSE(denied.error().message.contains("arn:")) << denied.error().message;
    transport.answer(400, R"({"__type":"x#ResourceNotFoundException","Message":"no"})");
    auto const missing = test::run_task(table.get(Key{"a", "b"}));
    EXPECT_EQ(missing.error().code, Errc::unavailable);
    EXPECT_EQ(missing.error().reason, "no_table");
}

}  // namespace
}  // namespace kaiwa::store::dynamodb
