#include "store/dynamodb/dynamodb_harness.hpp"

namespace kaiwa::conformance {

using store::dynamodb::dynamodb_backend;
using store::dynamodb::DynamoHarness;

/// People whom another program added.
class StrangersTest : public UserStoreTest {
protected:
    DynamoHarness& dynamo() { return static_cast<DynamoHarness&>(*harness); }
    void add_stranger(std::string const& name) {
        static_cast<void>(run(store().has_administrator()));  // the tables are there
        store::dynamodb::Table users(dynamo().calls(), dynamo().user_table_name(), harness->random,
                                     log);
        store::dynamodb::Item stranger{
            {"username", name}, {"password", std::string(64, 'a')}, {"role", "admin"}};
        ASSERT_TRUE(run(users.put(std::move(stranger))));
    }

    NullLog log;
};

TEST_P(StrangersTest, WhoOnlyReadsWritesNothingDown) {
    add_stranger("taro");
    dynamo().calls().fault = [](std::string_view called) -> std::optional<aws::Failure> {
        if (called == "GetItem" || called == "Scan") return std::nullopt;
        aws::Failure failure;
        failure.kind = aws::Failure::Kind::credentials;
        return failure;
    };
    EXPECT_FALSE(run(store().user_by_name("taro")));
    auto const reading = store::dynamodb::open({.table = dynamo().table_name(),
                                                .user_table = dynamo().user_table_name(),
                                                .calls = dynamo().calls(),
                                                .clock = harness->clock,
                                                .random = harness->random,
                                                .log = log,
                                                .sealer = Sealer(sha256("a test's key")),
                                                .strangers = store::dynamodb::Strangers::leave});
    auto const read = run(reading->users().user_by_name("taro"));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->user.username, "taro");
    EXPECT_EQ(run(reading->users().has_administrator()), true);
    dynamo().calls().fault = {};
    EXPECT_EQ(run(store().user_by_name("taro"))->user.id, read->user.id);
}

TEST_P(StrangersTest, WhoIsAddedAgainKeepsWhatTheyMake) {
    add_user("boss", auth::UserRole::administrator);
    add_stranger("taro");
    auto const before = run(store().user_by_name("taro"));
    ASSERT_TRUE(before) << before.error().message;
    ASSERT_TRUE(run(store().delete_user(before->user.id)));
    add_stranger("taro");
    ASSERT_EQ(run(store().user_by_name("taro"))->user.id, before->user.id);
    auth::Principal const who{before->user.id, "taro", auth::UserRole::user};
    auto const thread = run(harness->chats().create_thread(who, {make_id<ThreadId>(), "t", {}}));
    harness->clock.advance(std::chrono::minutes(3));
    ASSERT_TRUE(run(harness->clean_once()));
    EXPECT_TRUE(run(harness->chats().thread(who, thread->id)));
}

INSTANTIATE_TEST_SUITE_P(DynamoDb, StrangersTest, testing::Values(dynamodb_backend()));

}  // namespace kaiwa::conformance
