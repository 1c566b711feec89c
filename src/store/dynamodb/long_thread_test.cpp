#include "base/wait.hpp"
#include "store/dynamodb/dynamodb_harness.hpp"
#include "store/dynamodb/step_row.hpp"

namespace kaiwa::conformance {

using store::dynamodb::dynamodb_backend;
using store::dynamodb::DynamoHarness;

/// A thread of some 2.6 MB in one branch: three pages of DynamoDB.
class DynamoLongThreadTest : public ChatStoreTest {
protected:
    static constexpr std::size_t text_bytes = 16'000;
    static constexpr int stored = 160;

    DynamoHarness& dynamo() { return static_cast<DynamoHarness&>(*harness); }
    std::string text_of(int number) {
        return std::to_string(number) + std::string(text_bytes, 'x');
    }

    /// Two messages through the store, and `stored` behind them.
    void make_long_thread() {
        thread = make_thread(ann);
        auto const first = ask(ann, thread, "question");
        answer(first, "answer");
        store::dynamodb::Table table(dynamo().calls(), dynamo().table_name(), harness->random, log);
        std::vector<store::dynamodb::Item> items;
        ids = {first.message, first.reply};
        for (int i = 0; i < stored; ++i) {
            chat::Message message;
            message.id = make_id<MessageId>();
            message.parent = ids.back();
            message.role = i % 2 == 0 ? chat::MessageRole::user : chat::MessageRole::assistant;
            message.created_at = harness->clock.now();
            message.text = text_of(i);
            auto const text = store::dynamodb::split_text(message.text, "thought", "[]", "[]", {});
            auto const number = static_cast<std::uint64_t>(i) + 2;
            items.push_back(store::dynamodb::step_item({thread, message, number, "ann", {}, text}));
            ids.push_back(message.id);
        }
        ASSERT_TRUE(run(table.batch_put(std::move(items))));
        ASSERT_TRUE(run(select(ids.back())));
    }
    asio::awaitable<Result<chat::Thread>> select(MessageId message) {
        chat::ThreadPatch patch;
        patch.head = message;
        return store().update_thread(ann, thread, std::move(patch));
    }
    /// Bytes that DynamoDB answered since the last call.
    std::size_t answered() {
        auto const now = dynamo().calls().answer_bytes;
        return now - std::exchange(seen_, now);
    }
    void expect_whole(std::vector<chat::Message> const& messages) {
        ASSERT_EQ(messages.size(), ids.size());
        for (std::size_t i = 2; i < messages.size(); ++i) {
            EXPECT_EQ(messages[i].id, ids[i]);
            EXPECT_EQ(messages[i].text, text_of(static_cast<int>(i) - 2));
            EXPECT_EQ(messages[i].reasoning, "thought");
        }
    }

    NullLog log;
    ThreadId thread;
    std::vector<MessageId> ids;

private:
    std::size_t seen_ = 0;
};

TEST_P(DynamoLongThreadTest, OnlyTheTextsThatAreShownAreRead) {
    ASSERT_NO_FATAL_FAILURE(make_long_thread());
    constexpr std::size_t a_page = 1'200'000;  // what DynamoDB answers at once, as JSON
    constexpr std::size_t outlines = 250'000;
    answered();
    auto const page = run(store().messages(ann, thread, {.from = {}, .limit = 10, .before = {}}));
    ASSERT_EQ(page->items.size(), 10u);
    EXPECT_EQ(page->items.back().text, text_of(stored - 1));
    EXPECT_EQ(page->items.back().depth, stored + 1);
    EXPECT_LE(answered(), a_page + outlines + 10 * (text_bytes + 2'000));
    EXPECT_EQ(run(store().message(ann, thread, ids[100]))->text, text_of(98));
    EXPECT_LE(answered(), a_page + outlines + text_bytes);
    auto const next = ask(ann, thread, "one more");
    EXPECT_LE(answered(), a_page + outlines);
    EXPECT_EQ(next.parent, ids.back());
}

TEST_P(DynamoLongThreadTest, PagesJoinToTheWholeBranch) {
    ASSERT_NO_FATAL_FAILURE(make_long_thread());
    expect_whole(branch(ann, thread));
    std::vector<chat::Message> joined;
    chat::MessageQuery query{.from = {}, .limit = 33, .before = {}};
    for (;;) {
        auto page = run(store().messages(ann, thread, query));
        ASSERT_TRUE(page);
        joined.insert(joined.begin(), page->items.begin(), page->items.end());
        if (!page->next) break;
        query.before = *page->next;
    }
    expect_whole(joined);
}

TEST_P(DynamoLongThreadTest, WhatIsMovedToAnotherBranchStaysWhole) {
    ASSERT_NO_FATAL_FAILURE(make_long_thread());
    chat::NewReply again;
    again.message = ids[1];
    again.reply = make_id<MessageId>();
    again.generation = make_id<GenerationId>();
    again.request_digest = "again";
    ASSERT_TRUE(run(store().begin_reply(ann, thread, again)));
    EXPECT_EQ(branch(ann, thread).size(), 2u);
    ASSERT_TRUE(run(select(ids.back())));
    expect_whole(branch(ann, thread));
}

TEST_P(DynamoLongThreadTest, ASearchGoesOnInTheMiddleOfAThreadThatTakesLong) {
    ASSERT_NO_FATAL_FAILURE(make_long_thread());
    auto& calls = dynamo().calls();
    calls.batch_items = 0;
    std::vector<MessageId> found;
    std::string after;
    int pages = 0;
    do {
        calls.meanwhile_before = "BatchGetItem";
        calls.meanwhile = []() -> asio::awaitable<void> {
            co_await sleep_for(std::chrono::seconds(2));  // a slow table
        };
        auto const page = run(harness->search().search(ann, "5x", 10, after));
        ASSERT_TRUE(page);
        for (auto const& hit : page->items) found.push_back(hit.message.value());
        EXPECT_EQ(page->partial, page->next.has_value());
        after = page->next.value_or(std::string());
        ++pages;
    } while (!after.empty() && pages < 20);
    calls.meanwhile = {};
    EXPECT_EQ(found, std::vector{ids[5 + 2]});
    EXPECT_GT(pages, 2);
    EXPECT_LE(calls.batch_items, ids.size()) << "each message is read once";
}

/// 6 MB: DynamoDB answers it at once, dynalite in parts of 1 MB.
TEST_P(DynamoLongThreadTest, ABatchIsReadWholeInHoweverManyPartsItComes) {
    make_thread(ann);  // makes the tables
    store::dynamodb::Table table(dynamo().calls(), dynamo().table_name(), harness->random, log);
    std::vector<store::dynamodb::Item> items;
    std::vector<store::dynamodb::Key> keys;
    for (int i = 0; i < 60; ++i) {
        store::dynamodb::Key const key{"KAIWA#TEXT#a", std::to_string(1'000 + i)};
        auto item = key.item();
        item.emplace("text", std::string(100'000, static_cast<char>('A' + i)));
        items.push_back(std::move(item));
        keys.push_back(key);
    }
    auto const wanted = items;
    ASSERT_TRUE(run(table.batch_put(std::move(items))));
    auto found = run(table.batch_get(keys));
    ASSERT_TRUE(found) << found.error().message;
    auto const by_key = [](auto const& item) { return store::dynamodb::string_or(item, "SK"); };
    std::ranges::sort(*found, {}, by_key);
    EXPECT_TRUE(*found == wanted);
    RecordProperty("parts", static_cast<int>(table.consumed().retries) + 1);

    keys.push_back({"KAIWA#TEXT#a", "absent"});
    ASSERT_TRUE(run(table.batch_remove(keys)));
    EXPECT_TRUE(run(table.batch_get(keys))->empty());
}

INSTANTIATE_TEST_SUITE_P(DynamoDb, DynamoLongThreadTest, testing::Values(dynamodb_backend()));

}  // namespace kaiwa::conformance
