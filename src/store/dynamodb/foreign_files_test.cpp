#include "store/dynamodb/dynamodb_harness.hpp"
#include "store/dynamodb/keys.hpp"

namespace kaiwa::conformance {

using store::dynamodb::dynamodb_backend;
using store::dynamodb::DynamoHarness;
using store::dynamodb::Item;
using store::dynamodb::Value;

/// Says what is to be removed.
class RecordingBlobs final : public chat::BlobStore {
public:
    asio::awaitable<Result<std::unique_ptr<Writer>>> create(FileId) override {
        co_return fail(Errc::unavailable, "nothing is written here");
    }
    asio::awaitable<Result<std::unique_ptr<Reader>>> open(FileId, chat::BlobPart) override {
        co_return fail(Errc::not_found, "nothing is here");
    }
    asio::awaitable<Result<void>> remove(FileId id) override {
        removed.push_back(id.text());
        co_return Result<void>{};
    }
    asio::awaitable<Result<void>> remove_foreign(std::string key) override {
        removed.push_back(std::move(key));
        co_return Result<void>{};
    }

    std::vector<std::string> removed;
};

/// A thread of ann's as Chainlit's data layer leaves it, with a picture.
class ChainlitsFilesTest : public ChatStoreTest {
protected:
    DynamoHarness& dynamo() { return static_cast<DynamoHarness&>(*harness); }
    void put(Item item) {
        store::dynamodb::Table table(dynamo().calls(), dynamo().table_name(), harness->random, log);
        ASSERT_TRUE(run(table.put(std::move(item))));
    }
    void put_thread() {
        make_thread(bob);  // makes the tables
        auto const partition = "THREAD#" + thread.text();
        put({{"PK", partition},
             {"SK", "THREAD"},
             {"id", thread.text()},
             {"name", "theirs"},
             {"createdAt", "2026-01-02T03:04:05Z"},
             {"userId", ann.username},
             {"UserThreadPK", "USER#" + ann.username},
             {"UserThreadSK", "TS#2026-01-02T03:04:05Z"}});
        put({{"PK", partition},
             {"SK", "STEP#" + message.text()},
             {"id", message.text()},
             {"type", "user_message"},
             {"output", "look"},
             {"createdAt", "2026-01-02T03:04:05Z"}});
        put({{"PK", partition},
             {"SK", "ELEMENT#" + file.text()},
             {"id", file.text()},
             {"type", "image"},
             {"name", "cat.png"},
             {"mime", "image/png"},
             {"forId", message.text()},
             {"objectKey", key}});
    }
    void remove_thread() {
        ASSERT_TRUE(run(store().delete_thread(ann, thread)));
        harness->clock.advance(chat::deleted_retention + std::chrono::hours(1));
        ASSERT_TRUE(run(dynamo().store().clean_once(blobs)));
    }

    NullLog log;
    RecordingBlobs blobs;
    ThreadId thread = make_id<ThreadId>();
    MessageId message = make_id<MessageId>();
    FileId file = make_id<FileId>();
    std::string key = "ann/thread/picture";
};

TEST_P(ChainlitsFilesTest, CanBeHadByWhoeverOwnsTheirThread) {
    put_thread();
    auto const shown = branch(ann, thread);
    ASSERT_EQ(shown.size(), 1u);
    ASSERT_EQ(shown[0].files.size(), 1u);
    EXPECT_EQ(shown[0].files[0].id, file);
    EXPECT_EQ(shown[0].files[0].name, "cat.png");
    for (int i = 0; i < 2; ++i) {
        auto const known = run(store().file(ann, file));
        ASSERT_TRUE(known) << known.error().message;
        EXPECT_EQ(known->foreign_key, key);
        EXPECT_EQ(branch(ann, thread)[0].files.size(), 1u);
    }
    EXPECT_EQ(run(store().file(bob, file)).error().code, Errc::not_found);

    // It can be sent again, and is Chainlit's object still.
    auto turn = make_turn("once more");
    turn.files = {file};
    answer(*run(store().begin_turn(ann, thread, turn)), "a cat");
    auto const again = branch(ann, thread);
    ASSERT_EQ(again.size(), 3u);
    ASSERT_EQ(again[1].files.size(), 1u);
    EXPECT_EQ(again[1].files[0].foreign_key, key);

    remove_thread();
    EXPECT_EQ(blobs.removed, std::vector<std::string>{key});
    EXPECT_EQ(run(store().file(ann, file)).error().code, Errc::not_found);
}

TEST_P(ChainlitsFilesTest, GoWithTheirThreadThoughNobodyLookedAtThem) {
    put_thread();
    remove_thread();
    EXPECT_EQ(blobs.removed, std::vector<std::string>{key});
}

INSTANTIATE_TEST_SUITE_P(DynamoDB, ChainlitsFilesTest, testing::Values(dynamodb_backend()));

}  // namespace kaiwa::conformance
