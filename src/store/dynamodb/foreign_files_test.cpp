#include "store/dynamodb/dynamodb_harness.hpp"
#include "store/dynamodb/keys.hpp"
#include "tests/conformance/recording_blobs.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace kaiwa::conformance {

using store::dynamodb::dynamodb_backend;
using store::dynamodb::DynamoHarness;
using store::dynamodb::Item;
using store::dynamodb::Value;

/// Threads as Chainlit's data layer leaves them, with pictures.
class ChainlitsFilesTest : public ChatStoreTest {
protected:
    DynamoHarness& dynamo() { return static_cast<DynamoHarness&>(*harness); }
    void put(Item item) {
        store::dynamodb::Table table(dynamo().calls(), dynamo().table_name(), harness->random, log);
        ASSERT_TRUE(run(table.put(std::move(item))));
    }
    void put_thread() { put_thread(ann, thread, message, key); }
    /// One with the element `element`, whose object is `object`.
    void put_thread(auth::Principal const& who, ThreadId id, MessageId step, std::string object) {
        make_thread(bob);  // makes the tables
        auto const partition = "THREAD#" + id.text();
        put({{"PK", partition},
             {"SK", "THREAD"},
             {"id", id.text()},
             {"name", "theirs"},
             {"createdAt", "2026-01-02T03:04:05Z"},
             {"userId", who.username},
             {"UserThreadPK", "USER#" + who.username},
             {"UserThreadSK", "TS#2026-01-02T03:04:05Z"}});
        put({{"PK", partition},
             {"SK", "STEP#" + step.text()},
             {"id", step.text()},
             {"type", "user_message"},
             {"output", "look"},
             {"createdAt", "2026-01-02T03:04:05Z"}});
        put_element(id, step, element, std::move(object));
    }
    void put_element(ThreadId id, MessageId step, std::string name, std::string object,
                     std::string props = "Chainlit's") {
        put({{"PK", "THREAD#" + id.text()},
             {"SK", "ELEMENT#" + name},
             {"id", name},
             {"type", "image"},
             {"name", "cat.png"},
             {"mime", "image/png"},
             {"forId", step.text()},
             {"props", Item{{"data", std::move(props)}}},
             {"objectKey", std::move(object)}});
    }
    void put_deleted(ThreadId id) {
        auto const now = store::dynamodb::to_iso(harness->clock.now());
        put({{"PK", "KAIWA#THREAD#" + id.text()},
             {"SK", "DELETED"},
             {"id", id.text()},
             {"userId", ann.username},
             {"UserThreadPK", store::dynamodb::deleted_threads},
             {"UserThreadSK", "TS#" + now},
             {"kaiwa", Item{{"owner", ann.id.text()}, {"deleted", now}}}});
    }
    FileId only_file(auth::Principal const& who, ThreadId id) {
        auto const shown = branch(who, id);
        if (shown.size() != 1 || shown[0].files.size() != 1) throw std::logic_error("not one file");
        return shown[0].files[0].id;
    }
    void remove_thread() {
        ASSERT_TRUE(run(store().delete_thread(ann, thread)));
        harness->clock.advance(chat::deleted_retention + std::chrono::hours(1));
        ASSERT_TRUE(run(dynamo().store().clean_once(blobs)));
    }

    /// As another server of ours does it.
    asio::awaitable<void> hide_element(std::string name) {
        store::dynamodb::Table table(dynamo().calls(), dynamo().table_name(), harness->random, log);
        store::dynamodb::Key const place{"THREAD#" + thread.text(), "ELEMENT#" + name};
        auto item = co_await table.get(place);
        (**item)["PK"] = "KAIWA#THREAD#" + thread.text();
        static_cast<void>(co_await table.put(std::move(**item)));
        static_cast<void>(co_await table.remove(place.item()));
    }
    /// How many whole elements of Chainlit's are where.
    asio::awaitable<std::map<std::string, int>> places() {
        store::dynamodb::Table table(dynamo().calls(), dynamo().table_name(), harness->random, log);
        auto const items = co_await table.scan();
        std::map<std::string, int> out;
        for (auto const& item : *items) {
            auto const partition = store::dynamodb::string_or(item, "PK");
            if (store::dynamodb::find_map(item, "props"))
                ++out[partition.substr(0, partition.rfind('#') + 1)];
        }
        co_return out;
    }

    NullLog log;
    RecordingBlobs blobs;
    ThreadId thread = make_id<ThreadId>();
    MessageId message = make_id<MessageId>();
    std::string element = make_id<FileId>().text();
    std::string key = "ann/thread/picture";
};

TEST_P(ChainlitsFilesTest, CanBeHadByWhoeverOwnsTheirThread) {
    put_thread();
    auto const shown = branch(ann, thread);
    ASSERT_EQ(shown.size(), 1u);
    ASSERT_EQ(shown[0].files.size(), 1u);
    auto const file = shown[0].files[0].id;
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

TEST_P(ChainlitsFilesTest, OfOneElementInThreadsOfTwoPeopleBelongToEach) {
    for (auto const* name : {"0197a000-0000-4000-8000-000000000001", "logo"}) {
        element = name;
        thread = make_id<ThreadId>();
        auto const bobs = make_id<ThreadId>();
        put_thread(ann, thread, message, "ann/picture");
        put_thread(bob, bobs, make_id<MessageId>(), "bob/picture");
        auto const of_ann = only_file(ann, thread);
        auto const of_bob = only_file(bob, bobs);
        EXPECT_NE(of_ann, of_bob) << name;
        EXPECT_EQ(run(store().file(ann, of_ann))->foreign_key, "ann/picture");
        EXPECT_EQ(run(store().file(bob, of_bob))->foreign_key, "bob/picture");
        EXPECT_EQ(run(store().file(ann, of_bob)).error().code, Errc::not_found);
        EXPECT_EQ(run(store().file(bob, of_ann)).error().code, Errc::not_found);
        EXPECT_EQ(only_file(ann, thread), of_ann) << "the next look finds the same";
        // The archive, from which threads are imported and migrated, says the same.
        auto const reader = run(harness->archive().read(bobs));
        EXPECT_EQ(run((*reader)->next())->at(0).message.files.at(0).id, of_bob);

        blobs.removed.clear();
        remove_thread();
        EXPECT_EQ(blobs.removed, std::vector<std::string>{"ann/picture"});
        EXPECT_EQ(run(store().file(bob, of_bob))->foreign_key, "bob/picture");
    }
}

TEST_P(ChainlitsFilesTest, AreCountedInTheTableThatIsMoved) {
    put_thread();
    EXPECT_EQ(run(harness->archive().list(""))->foreign_files, 1u);
    auto turn = make_turn("once more");
    turn.files = {only_file(ann, thread)};
    answer(*run(store().begin_turn(ann, thread, turn)), "a cat");
    EXPECT_EQ(run(harness->archive().list(""))->foreign_files, 2u) << "it is at two messages now";
}

TEST_P(ChainlitsFilesTest, ThatMayNotBeRemovedKeepNothingElse) {
    blobs.refused = "ann/";
    std::vector<ThreadId> stuck;
    make_thread(bob);                // makes the tables
    for (int i = 0; i < 110; ++i) {  // more than the cleaner looks at in one go
        stuck.push_back(make_id<ThreadId>());
        put_deleted(stuck.back());
        put_element(stuck.back(), message, element, key);
    }
    put_element(stuck[0], message, "another", "shared/a");
    harness->clock.advance(std::chrono::seconds(1));
    put_thread(bob, thread, message, "bob/picture");
    ASSERT_TRUE(run(store().delete_thread(bob, thread)));
    auto const upload = make_id<FileId>();
    ASSERT_TRUE(run(store().add_file(ann, {upload, "f", "text/plain", 1})));
    harness->clock.advance(chat::deleted_retention + std::chrono::minutes(1));

    auto const cleaned = run(dynamo().store().clean_once(blobs));
    ASSERT_FALSE(cleaned);
    EXPECT_EQ(cleaned.error().message, "S3 answered AccessDenied");
    EXPECT_EQ(std::set(blobs.removed.begin(), blobs.removed.end()),
              (std::set<std::string>{"shared/a", "bob/picture", upload.text()}));
    EXPECT_EQ(blobs.tried.size(), stuck.size()) << "each once";
    EXPECT_EQ(run(store().restore_thread(bob, thread)).error().code, Errc::not_found);

    // Not before an hour has passed; then all of them, whose policy was mended.
    blobs.tried.clear();
    harness->clock.advance(std::chrono::minutes(59));
    EXPECT_TRUE(run(dynamo().store().clean_once(blobs)));
    EXPECT_TRUE(blobs.tried.empty());
    blobs.refused = "none";
    blobs.removed.clear();
    harness->clock.advance(std::chrono::minutes(2));
    EXPECT_TRUE(run(dynamo().store().clean_once(blobs)));
    EXPECT_EQ(std::ranges::count(blobs.removed, key), static_cast<std::ptrdiff_t>(stuck.size()));
    EXPECT_EQ(run(dynamo().store().clean_once(blobs)), 0u);
}

TEST_P(ChainlitsFilesTest, AnUploadThatMayNotBeRemovedIsTriedAgain) {
    make_thread(ann);
    auto const upload = make_id<FileId>();
    ASSERT_TRUE(run(store().add_file(ann, {upload, "f", "text/plain", 1})));
    harness->clock.advance(chat::deleted_retention + std::chrono::minutes(1));
    blobs.refused = upload.text();
    EXPECT_FALSE(run(dynamo().store().clean_once(blobs)));
    blobs.refused = "none";
    EXPECT_EQ(run(dynamo().store().clean_once(blobs)), 0u);
    harness->clock.advance(std::chrono::hours(1));
    EXPECT_EQ(run(dynamo().store().clean_once(blobs)), 1u);
    EXPECT_EQ(blobs.removed, std::vector<std::string>{upload.text()});
}

TEST_P(ChainlitsFilesTest, ThatMayNotBeRemovedAreTriedOnceThoughTheIndexIsLate) {
    make_thread(ann);
    auto const upload = make_id<FileId>();
    ASSERT_TRUE(run(store().add_file(ann, {upload, "f", "text/plain", 1})));
    put_thread();
    ASSERT_TRUE(run(store().delete_thread(ann, thread)));
    harness->clock.advance(chat::deleted_retention + std::chrono::minutes(1));
    dynamo().calls().late_answers = 3;
    blobs.refused = "";
    EXPECT_FALSE(run(dynamo().store().clean_once(blobs)));
    EXPECT_EQ(blobs.tried.size(), 2u);
}

TEST_P(ChainlitsFilesTest, MoveWithTheirMessageHoweverLargeTheyAre) {
    put_thread();
    constexpr int more = 20;
    for (int i = 0; i < more; ++i)
        put_element(thread, message, "large-" + std::to_string(i), "ann/large",
                    std::string(380'000, 'x'));
    auto edited = make_turn("another question");
    edited.parent.kind = chat::TurnParent::Kind::root;
    ASSERT_TRUE(run(store().begin_turn(ann, thread, edited)));
    EXPECT_EQ(run(places()), (std::map<std::string, int>{{"KAIWA#THREAD#", more + 1}}));
    EXPECT_LE(dynamo().calls().largest_transaction, (std::size_t{2} << 20) + 1'000);
}

TEST_P(ChainlitsFilesTest, MoveWithTheirMessageHoweverManyTheyAre) {
    put_thread();
    constexpr int more = 120;
    for (int i = 0; i < more; ++i)
        put_element(thread, message, "more-" + std::to_string(i), "ann/more");
    auto edited = make_turn("another question");
    edited.parent.kind = chat::TurnParent::Kind::root;
    answer(*run(store().begin_turn(ann, thread, edited)), "an answer");
    answer(ask(ann, thread, "the next one"), "moves what is not shown");
    EXPECT_EQ(run(places()), (std::map<std::string, int>{{"KAIWA#THREAD#", more + 1}}));
    ASSERT_TRUE(run(store().select_branch(ann, thread, message)));
    EXPECT_EQ(run(places()), (std::map<std::string, int>{{"THREAD#", more + 1}}));
    EXPECT_EQ(branch(ann, thread).at(0).files.size(), static_cast<std::size_t>(more) + 1);
}

TEST_P(ChainlitsFilesTest, MoveWholeThoughSomebodyElseMovesThem) {
    put_thread();
    for (int i = 0; i < 4; ++i)  // more than a page, so that the last are read as outlines
        put_element(thread, message, "large-" + std::to_string(i), "ann/large",
                    std::string(380'000, 'x'));
    dynamo().calls().meanwhile_before = "BatchGetItem";
    dynamo().calls().meanwhile = [this] { return hide_element("large-3"); };
    auto edited = make_turn("another question");
    edited.parent.kind = chat::TurnParent::Kind::root;
    ASSERT_TRUE(run(store().begin_turn(ann, thread, edited)));
    EXPECT_FALSE(dynamo().calls().meanwhile);
    EXPECT_EQ(run(places()), (std::map<std::string, int>{{"KAIWA#THREAD#", 5}}));
}

INSTANTIATE_TEST_SUITE_P(DynamoDB, ChainlitsFilesTest, testing::Values(dynamodb_backend()));

}  // namespace kaiwa::conformance
