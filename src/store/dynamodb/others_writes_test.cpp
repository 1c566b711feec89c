#include "store/dynamodb/dynamodb_harness.hpp"
#include "store/dynamodb/keys.hpp"
#include "tests/conformance/recording_blobs.hpp"

#include <set>

/// What other programs write over our items, and when they do.
namespace kaiwa::conformance {

using store::dynamodb::deleted_thread_key;
using store::dynamodb::dynamodb_backend;
using store::dynamodb::DynamoHarness;
using store::dynamodb::Item;
using store::dynamodb::string_or;
using store::dynamodb::thread_key;
using store::dynamodb::Value;

template <class Test>
class WithOthers : public Test {
protected:
    DynamoHarness& dynamo() { return static_cast<DynamoHarness&>(*this->harness); }
    store::dynamodb::Table make_table() {
        return {dynamo().calls(), dynamo().table_name(), this->harness->random, log};
    }
    /// A page of Chainlit's had the thread open, and changes it.
    asio::awaitable<void> write_as_chainlit(ThreadId thread, std::string user) {
        Item stub{{"PK", "THREAD#" + thread.text()},
                  {"SK", "THREAD"},
                  {"id", thread.text()},
                  {"createdAt", "2026-01-02T03:04:05Z"},
                  {"UserThreadSK", "TS#2026-01-02T03:04:05Z"},
                  {"metadata", Item{}}};
        if (!user.empty()) stub.emplace("userId", user);
        auto table = make_table();
        auto const put = co_await table.put(std::move(stub));
        EXPECT_TRUE(put);
    }
    void chainlit_writes(ThreadId thread, std::string user) {
        auto const write = [&]() -> asio::awaitable<bool> {
            co_await write_as_chainlit(thread, user);
            co_return true;
        };
        this->run(write());
    }
    void set(store::dynamodb::Key key, std::string const& name, store::dynamodb::Value value) {
        auto table = make_table();
        auto item = this->run(table.get(std::move(key)));
        ASSERT_TRUE(item && *item);
        (**item)[name] = std::move(value);
        ASSERT_TRUE(this->run(table.put(std::move(**item))));
    }
    void spoil(ThreadId thread) {
        auto table = make_table();
        auto item = this->run(table.get(thread_key(thread)));
        ASSERT_TRUE(item && *item);
        (*(**item).at("kaiwa").if_map())["revision"] = "three";
        ASSERT_TRUE(this->run(table.put(std::move(**item))));
    }
    /// Sort keys of what there is of the thread, in both of its partitions.
    std::set<std::string> left_of(ThreadId thread) {
        auto table = make_table();
        auto const items = this->run(table.scan());
        std::set<std::string> out;
        for (auto const& item : *items)
            if (string_or(item, "PK").ends_with(thread.text())) out.insert(string_or(item, "SK"));
        return out;
    }

    NullLog log;
    RecordingBlobs bucket;
};

class DynamoOthersWritesTest : public WithOthers<ChatStoreTest> {
protected:
    void pass_retention() {
        harness->clock.advance(chat::deleted_retention + std::chrono::hours(1));
    }
    void edit(ThreadId thread) {
        auto edited = make_turn("another question");
        edited.parent.kind = chat::TurnParent::Kind::root;
        answer(*run(store().begin_turn(ann, thread, edited)), "another answer");
    }
    ThreadId make_passing() {
        auto const thread = make_id<ThreadId>();
        EXPECT_TRUE(run(store().create_thread(ann, {thread, "passes", {}, chat::passing})));
        harness->clock.advance(std::chrono::seconds(1));
        return thread;
    }
    /// With a text that has parts of its own and a file; deleted.
    ThreadId make_deleted() {
        auto const thread = make_thread(ann, "mine");
        auto turn = make_turn(long_text);
        turn.files = {make_id<FileId>()};
        EXPECT_TRUE(run(store().add_file(ann, {turn.files[0], "f", "text/plain", 1})));
        answer(*run(store().begin_turn(ann, thread, turn)), "answer");
        EXPECT_TRUE(run(store().delete_thread(ann, thread)));
        return thread;
    }

    std::string long_text = std::string(300'000, 'x');
};

TEST_P(DynamoOthersWritesTest, AThreadThatSomebodySpoiledIsReadAndSaysAtOnceWhyItCannotChange) {
    auto const thread = make_thread(ann, "spoiled");
    answer(ask(ann, thread, "question"), "answer");
    spoil(thread);

    EXPECT_EQ(branch(ann, thread).size(), 2u);
    int calls = 0;
    dynamo().calls().fault = [&calls](std::string_view) -> std::optional<aws::Failure> {
        ++calls;
        return std::nullopt;
    };
    chat::ThreadPatch patch;
    patch.title = "other";
    auto const asked = run(store().begin_turn(ann, thread, make_turn("more")));
    auto const changed = run(store().update_thread(ann, thread, patch));
    auto const deleted = run(store().delete_thread(ann, thread));
    for (auto const& error : {asked.error(), changed.error(), deleted.error()}) {
        EXPECT_EQ(error.code, Errc::internal);
        EXPECT_TRUE(error.message.contains("PK=THREAD#" + thread.text() + ", SK=THREAD") &&
                    error.message.contains("kaiwa.revision"))
            << error.message;
    }
    EXPECT_LE(calls, 6) << "none is tried again and again";
    dynamo().calls().fault = {};
}

TEST_P(DynamoOthersWritesTest, AThreadThatSomebodySpoiledKeepsNothingElseFromPassing) {
    auto const spoiled = make_passing();
    spoil(spoiled);
    auto const passing = make_passing();
    auto const deleted = make_deleted();
    pass_retention();
    auto const cleaned = run(harness->clean_once());
    ASSERT_FALSE(cleaned);
    EXPECT_TRUE(cleaned.error().message.contains("kaiwa.revision")) << cleaned.error().message;
    EXPECT_EQ(left_of(passing), std::set<std::string>{"DELETED"});
    EXPECT_TRUE(left_of(deleted).empty());
    EXPECT_EQ(left_of(spoiled), std::set<std::string>{"THREAD"});

    // In an hour, and then again.
    EXPECT_EQ(run(harness->clean_once()), 0u);
    harness->clock.advance(std::chrono::minutes(61));
    EXPECT_FALSE(run(harness->clean_once()));
}

TEST_P(DynamoOthersWritesTest, AThreadThatChainlitBroughtBackStaysWhenItsPersonHasIt) {
    for (auto const& user : {ann.username, std::string()}) {
        auto const thread = make_thread(ann, "mine");
        answer(ask(ann, thread, "question"), "answer");
        edit(thread);
        ASSERT_TRUE(run(store().delete_thread(ann, thread)));
        chainlit_writes(thread, user);
        if (!user.empty()) answer(ask(ann, thread, "and now?"), "it goes on");
        pass_retention();
        ASSERT_TRUE(run(harness->clean_once()));
        if (user.empty()) {
            EXPECT_TRUE(left_of(thread).empty());
            continue;
        }
        EXPECT_EQ(branch(ann, thread).size(), 4u);
        EXPECT_EQ(branch(ann, thread)[0].siblings.size(), 2u) << "the branch that is not shown";
        EXPECT_TRUE(run(store().restore_thread(ann, thread)));
        EXPECT_EQ(branch(ann, thread).size(), 4u);
        ASSERT_TRUE(run(store().delete_thread(ann, thread)));
        EXPECT_TRUE(run(store().restore_thread(ann, thread))) << "it was deleted just now";
    }
}

TEST_P(DynamoOthersWritesTest, AThreadThatChainlitBroughtBackKeepsItsBranchesWhateverChanges) {
    chat::ThreadPatch patch;
    patch.title = "another";
    for (bool const deletes : {false, true}) {
        auto const thread = make_thread(ann, "mine");
        answer(ask(ann, thread, "question"), "answer");
        edit(thread);
        ASSERT_TRUE(run(store().delete_thread(ann, thread)));
        chainlit_writes(thread, ann.username);
        if (deletes) {
            ASSERT_TRUE(run(store().delete_thread(ann, thread)));
            ASSERT_TRUE(run(store().restore_thread(ann, thread)));
        } else {
            ASSERT_TRUE(run(store().update_thread(ann, thread, patch)));
        }
        EXPECT_EQ(branch(ann, thread)[0].siblings.size(), 2u) << deletes;
    }
}

TEST_P(DynamoOthersWritesTest, ADeletedThreadComesBackOverWhatChainlitWroteInItsPlace) {
    for (auto const& user : {std::string(), ann.username, bob.username}) {
        auto const thread = make_thread(ann, "mine");
        answer(ask(ann, thread, "question"), "answer");
        ASSERT_TRUE(run(store().delete_thread(ann, thread)));
        chainlit_writes(thread, user);
        auto const moved = run(harness->archive().find(thread));
        EXPECT_EQ(moved->deleted_at.has_value(), user != ann.username);
        EXPECT_EQ(moved->owner.id, ann.id);
        auto const restored = run(store().restore_thread(ann, thread));
        ASSERT_TRUE(restored) << user;
        EXPECT_EQ(restored->title, "mine");
        EXPECT_EQ(branch(ann, thread).size(), 2u);
        EXPECT_EQ(run(store().restore_thread(ann, thread))->title, "mine") << "once more";
        EXPECT_EQ(run(store().thread(bob, thread)).error().code, Errc::not_found);
    }
}

TEST_P(DynamoOthersWritesTest, ADeletedThreadIsNobodyElsesThoughChainlitWritesTheirName) {
    auto const thread = make_thread(ann, "mine");
    auto const ticket = ask(ann, thread, "question");
    answer(ticket, "answer");
    ASSERT_TRUE(run(store().delete_thread(ann, thread)));
    chainlit_writes(thread, bob.username);
    chat::ThreadPatch patch;
    patch.title = "bob's";
    auto const is_hidden = [](auto const& result) {
        return !result && result.error().code == Errc::not_found;
    };
    EXPECT_TRUE(is_hidden(run(store().thread(bob, thread))));
    EXPECT_TRUE(is_hidden(run(store().messages(bob, thread, {}))));
    EXPECT_TRUE(is_hidden(run(store().put_feedback(bob, thread, ticket.reply, {}))));
    EXPECT_TRUE(is_hidden(run(store().delete_thread(bob, thread))));
    EXPECT_TRUE(is_hidden(run(store().restore_thread(bob, thread))));
    EXPECT_TRUE(is_hidden(run(store().update_thread(bob, thread, patch))));
    EXPECT_TRUE(is_hidden(run(store().begin_turn(bob, thread, make_turn("and?")))));

    pass_retention();
    ASSERT_TRUE(run(harness->clean_once()));
    EXPECT_EQ(left_of(thread), std::set<std::string>{"THREAD"}) << "bob's, and empty";
    EXPECT_TRUE(branch(bob, thread).empty());
}

TEST_P(DynamoOthersWritesTest, AThreadThatChainlitBringsBackWhileItIsRemovedStays) {
    auto const thread = make_thread(ann, "mine");
    answer(ask(ann, thread, "question"), "answer");
    ASSERT_TRUE(run(store().delete_thread(ann, thread)));
    harness->clock.advance(std::chrono::hours(25));
    ASSERT_TRUE(run(harness->clean_once()));  // its log
    chainlit_writes(thread, {});
    pass_retention();
    dynamo().calls().meanwhile_before = "BatchWriteItem";
    dynamo().calls().meanwhile = [&] { return write_as_chainlit(thread, ann.username); };
    ASSERT_TRUE(run(harness->clean_once()));
    EXPECT_FALSE(dynamo().calls().meanwhile);
    EXPECT_EQ(left_of(thread), std::set<std::string>{"THREAD"});
    EXPECT_TRUE(run(store().thread(ann, thread)));
}

TEST_P(DynamoOthersWritesTest, AThreadThatIsDeletedOnceMoreWhileItIsRemovedKeepsItsNote) {
    auto const thread = make_thread(ann, "mine");
    answer(ask(ann, thread, "question"), "answer");
    ASSERT_TRUE(run(store().delete_thread(ann, thread)));
    harness->clock.advance(std::chrono::hours(25));
    ASSERT_TRUE(run(harness->clean_once()));  // its log
    pass_retention();
    dynamo().calls().meanwhile_before = "BatchWriteItem";
    dynamo().calls().meanwhile = [&]() -> asio::awaitable<void> {
        co_await write_as_chainlit(thread, ann.username);
        auto const deleted = co_await store().delete_thread(ann, thread);
        EXPECT_TRUE(deleted);
    };
    ASSERT_TRUE(run(harness->clean_once()));
    EXPECT_FALSE(dynamo().calls().meanwhile);
    EXPECT_EQ(left_of(thread), std::set<std::string>{"DELETED"});
    EXPECT_TRUE(run(store().restore_thread(ann, thread)));
}

TEST_P(DynamoOthersWritesTest, WhatCannotBeRemovedYetHasItsTextsWhenChainlitBringsItBack) {
    auto const thread = make_deleted();
    pass_retention();
    bucket.refused = "";
    EXPECT_FALSE(run(dynamo().store().clean_once(bucket)));
    chainlit_writes(thread, ann.username);
    harness->clock.advance(std::chrono::minutes(61));
    EXPECT_TRUE(run(dynamo().store().clean_once(bucket)));
    auto const shown = branch(ann, thread);
    ASSERT_EQ(shown.size(), 2u);
    EXPECT_EQ(shown[0].text, long_text);
    EXPECT_FALSE(left_of(thread).contains("DELETED"));
}

TEST_P(DynamoOthersWritesTest, WhatChainlitBringsBackWhileItsFilesGoKeepsItsTexts) {
    for (bool const once_more : {false, true}) {
        auto const thread = make_deleted();
        pass_retention();
        bucket.removed.clear();
        bucket.meanwhile = [&]() -> asio::awaitable<void> {
            co_await write_as_chainlit(thread, ann.username);
            if (!once_more) co_return;
            EXPECT_TRUE(co_await store().delete_thread(ann, thread));
        };
        ASSERT_TRUE(run(dynamo().store().clean_once(bucket)));
        EXPECT_EQ(bucket.removed.size(), 1u);
        EXPECT_TRUE(run(store().restore_thread(ann, thread)));
        auto const shown = branch(ann, thread);
        ASSERT_EQ(shown.size(), 2u);
        EXPECT_EQ(shown[0].text, long_text);
    }
}

class DynamoOthersSearchTest : public WithOthers<MessageSearchTest> {};

TEST_P(DynamoOthersSearchTest, AThreadThatChainlitMovesDownTheListIsFoundOnce) {
    auto const older = make_thread(ann);
    say(ann, older, "needle 0");
    auto const thread = make_thread(ann);
    for (auto const* words : {"needle 1", "needle 2", "needle 3"}) say(ann, thread, words);
    auto page = run(harness->search().search(ann, "needle", 2, {}));
    ASSERT_TRUE(page && page->next);
    std::vector<std::optional<MessageId>> found;
    for (auto const& hit : page->items) found.push_back(hit.message);
    set(thread_key(thread), "UserThreadSK", "TS#2020-01-02T03:04:05Z");
    page = run(harness->search().search(ann, "needle", 10, *page->next));
    ASSERT_TRUE(page);
    for (auto const& hit : page->items) found.push_back(hit.message);
    EXPECT_EQ(found.size(), 4u);
    EXPECT_EQ(std::set(found.begin(), found.end()).size(), 4u);
}

class DynamoOthersUsersTest : public WithOthers<UserStoreTest> {};

TEST_P(DynamoOthersUsersTest, OfWhoIsDeletedNothingElseStaysForAThreadThatCannotGo) {
    auto const user = add_user("ann");
    auth::Principal const ann{user.id, "ann", auth::UserRole::user};
    std::vector<ThreadId> threads;
    for (int i = 0; i < 3; ++i) {
        threads.push_back(make_id<ThreadId>());
        ASSERT_TRUE(run(harness->chats().create_thread(ann, {threads.back(), "hers", {}})));
        harness->clock.advance(std::chrono::seconds(1));
    }
    auto const file = make_id<FileId>();
    ASSERT_TRUE(run(harness->chats().add_file(ann, {file, "f", "text/plain", 1})));
    add_session(user.id, std::string(32, '1'));
    auth::ApiKey const key{make_id<KeyId>(),     "k", user.id, std::string(32, 'k'), "kw_a",
                           harness->clock.now(), {}};
    ASSERT_TRUE(run(store().add_key(key)));

    // So that the first transaction is that of the newest thread.
    auth::UserPatch const disabled{.name = {}, .role = {}, .disabled = true};
    ASSERT_TRUE(run(store().update_user(user.id, disabled)));
    dynamo().calls().fault =
        [refused = 0](std::string_view called) mutable -> std::optional<aws::Failure> {
        if (called != "TransactWriteItems" || refused++ > 0) return std::nullopt;
        aws::Failure failure;
        failure.kind = aws::Failure::Kind::credentials;
        return failure;
    };
    EXPECT_FALSE(run(store().delete_user(user.id)));
    EXPECT_EQ(left_of(threads[2]), std::set<std::string>{"THREAD"});
    for (auto const i : {0u, 1u}) EXPECT_EQ(left_of(threads[i]), std::set<std::string>{"DELETED"});
    EXPECT_FALSE(run(harness->chats().file(ann, file)));
    EXPECT_TRUE(run(store().keys(user.id))->empty());
    EXPECT_FALSE(run(store().session(std::string(32, '1'))));
    dynamo().calls().fault = {};
    EXPECT_TRUE(run(store().delete_user(user.id))) << "tried again";
}

TEST_P(DynamoOthersUsersTest, ThreadsThatSomebodySpoiledGoWithWhoIsDeleted) {
    auto const user = add_user("ann");
    auth::Principal const ann{user.id, "ann", auth::UserRole::user};
    auto const owner = Value(user.id.text());
    std::vector<ThreadId> threads;
    for (auto const& spoiled :
         {Value(Item{{"owner", owner}, {"revision", "three"}}), Value(Item{{"owner", owner}}),
          Value(Item{{"owner", owner}, {"revision", 1}, {"next", "x"}}), Value("not ours")}) {
        threads.push_back(make_id<ThreadId>());
        ASSERT_TRUE(run(harness->chats().create_thread(ann, {threads.back(), "hers", {}})));
        set(thread_key(threads.back()), "kaiwa", spoiled);
    }
    EXPECT_TRUE(run(store().delete_user(user.id)));
    for (auto const& each : threads) EXPECT_EQ(left_of(each), std::set<std::string>{"DELETED"});
    harness->clock.advance(chat::deleted_retention + std::chrono::hours(1));
    ASSERT_TRUE(run(harness->clean_once()));
    for (auto const& each : threads) EXPECT_TRUE(left_of(each).empty());
}

TEST_P(DynamoOthersUsersTest, ASessionThatTheIndexListsTooEarlyStays) {
    std::string const hash(32, '1');
    auto const session = add_session(add_user("ann").id, hash);
    harness->clock.advance(std::chrono::hours(25));
    dynamo().calls().meanwhile_before = "GetItem";
    dynamo().calls().meanwhile = [&]() -> asio::awaitable<void> {
        auto table = make_table();
        auto const key = store::dynamodb::token_key(hash);
        auto item = co_await table.get(key);  // with faults a call may fail for good
        for (int tries = 0; !item && tries < 20; ++tries) item = co_await table.get(key);
        auto const later = harness->clock.now() + std::chrono::hours(1);
        item.value().value()["UserThreadSK"] = store::dynamodb::index_time(later);
        static_cast<void>(co_await table.put(std::move(**item)));
    };
    ASSERT_TRUE(run(harness->clean_once()));
    EXPECT_FALSE(dynamo().calls().meanwhile);
    EXPECT_TRUE(run(store().session(hash)));
}

INSTANTIATE_TEST_SUITE_P(DynamoDb, DynamoOthersWritesTest, testing::Values(dynamodb_backend()));
INSTANTIATE_TEST_SUITE_P(DynamoDb, DynamoOthersSearchTest, testing::Values(dynamodb_backend()));
INSTANTIATE_TEST_SUITE_P(DynamoDb, DynamoOthersUsersTest, testing::Values(dynamodb_backend()));

}  // namespace kaiwa::conformance
