#include "store/dynamodb/dynamodb_harness.hpp"
#include "store/dynamodb/generation_row.hpp"

/// Writes of a running answer that fail and arrive all the same, and what nobody ends.
namespace kaiwa::conformance {

using store::dynamodb::dynamodb_backend;
using store::dynamodb::DynamoHarness;

class DynamoLateWritesTest : public ChatStoreTest {
protected:
    DynamoHarness& dynamo() { return static_cast<DynamoHarness&>(*harness); }
    store::dynamodb::Table make_table() {
        return {dynamo().calls(), dynamo().table_name(), harness->random, log};
    }
    /// A turn whose event 1 is stored.
    chat::TurnTicket begin() {
        thread = make_thread(ann);
        auto const ticket = ask(ann, thread, "question");
        lease = {ticket.generation, ticket.epoch};
        EXPECT_TRUE(run(store().append_log(lease, text_segment(1, {"a"}), 10)));
        return ticket;
    }
    /// A write of these, which arrives when the test says so.
    void append_late(std::vector<std::string> const& deltas) {
        dynamo().calls().hold_next = "UpdateItem";
        EXPECT_FALSE(run(store().append_log(lease, text_segment(2, deltas), 10)));
    }
    void deliver_before(std::string operation) {
        auto& calls = dynamo().calls();
        calls.meanwhile_before = std::move(operation);
        calls.meanwhile = [&calls] { return calls.deliver(); };
    }
    std::string frames() {
        std::string out;
        auto const page = run(store().read_log(ann, lease.generation, 0));
        for (auto const& each : page->segments) out += each.frames;
        return out;
    }
    Result<void> end(chat::LogSegment last, std::string text) {
        chat::Ending ending;
        ending.last_segment = std::move(last);
        ending.state = chat::GenerationState::done;
        ending.text = std::move(text);
        return run(store().end_generation(lease, std::move(ending)));
    }
    /// What the table itself does sooner or later.
    asio::awaitable<Result<void>> remove_expired() {
        auto table = make_table();
        auto const now = store::dynamodb::epoch_seconds(harness->clock.now());
        auto const items = co_await table.scan();
        for (auto const& item : *items) {
            auto const expires =
                store::dynamodb::optional_integer(item, store::dynamodb::expiry_attribute);
            if (!expires || *expires > now) continue;
            store::dynamodb::Key key{store::dynamodb::string_or(item, "PK"),
                                     store::dynamodb::string_or(item, "SK")};
            auto const removed = co_await table.remove(std::move(key));
            EXPECT_TRUE(removed);
        }
        co_return Result<void>{};
    }

    NullLog log;
    ThreadId thread;
    chat::Lease lease;
};

TEST_P(DynamoLateWritesTest, TheTextOfAnAnswerThatNobodyEndedStaysUntilSomebodyReadsIt) {
    auto const ticket = begin();
    harness->clock.advance(std::chrono::hours(24 * 9));
    ASSERT_TRUE(run(harness->clean_once()));
    ASSERT_TRUE(run(remove_expired()));
    auto const ended = run(store().interrupt_expired(ann, ticket.generation));
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->state, chat::GenerationState::interrupted);
    auto const reply = branch(ann, thread)[1];
    EXPECT_EQ(reply.text, "a");
    EXPECT_EQ(reply.state, chat::MessageState::interrupted);

    harness->clock.advance(chat::event_retention + std::chrono::hours(1));
    ASSERT_TRUE(run(harness->clean_once()));
    auto const items = run(make_table().scan());
    for (auto const& item : *items)
        EXPECT_FALSE(store::dynamodb::string_or(item, "SK").starts_with("SEGMENT#"));
}

TEST_P(DynamoLateWritesTest, AWriteThatArrivesWhileTheNextIsOnItsWayStopsNothing) {
    begin();
    append_late({"b", "c"});
    deliver_before("UpdateItem");
    ASSERT_TRUE(run(store().append_log(lease, text_segment(2, {"b", "c", "d"}), 10)));
    ASSERT_TRUE(run(store().append_log(lease, text_segment(5, {"e"}), 10)));
    EXPECT_EQ(frames(), text_segment(1, {"a", "b", "c", "d", "e"}).frames);
    ASSERT_TRUE(end(text_segment(6, {"f"}), "abcdef"));
    EXPECT_EQ(branch(ann, thread)[1].text, "abcdef");
}

TEST_P(DynamoLateWritesTest, AWriteThatArrivesAfterASecondFailureIsRecognisedToo) {
    begin();
    append_late({"b"});
    dynamo().calls().fault = [](std::string_view called) -> std::optional<aws::Failure> {
        if (called != "UpdateItem") return std::nullopt;
        aws::Failure failure;
        failure.kind = aws::Failure::Kind::credentials;
        return failure;
    };
    EXPECT_FALSE(run(store().append_log(lease, text_segment(2, {"b", "c"}), 10)));
    dynamo().calls().fault = {};
    deliver_before("GetItem");
    ASSERT_TRUE(run(store().append_log(lease, text_segment(2, {"b", "c", "d"}), 10)));
    EXPECT_EQ(frames(), text_segment(1, {"a", "b", "c", "d"}).frames);
    harness->clock.advance(chat::lease_time + std::chrono::seconds(1));
    ASSERT_TRUE(run(store().interrupt_expired(ann, lease.generation)));
    EXPECT_EQ(branch(ann, thread)[1].text, "abcd");
}

TEST_P(DynamoLateWritesTest, AWriteThatArrivesWhileTheTurnEndsLosesNothing) {
    for (std::string const operation : {"GetItem", "TransactWriteItems"}) {
        SCOPED_TRACE(operation);
        begin();
        append_late({"b", "c"});
        deliver_before(operation);
        ASSERT_TRUE(end(text_segment(2, {"b", "c", "d"}), "abcd"));
        EXPECT_EQ(frames(), text_segment(1, {"a", "b", "c", "d"}).frames);
        EXPECT_EQ(branch(ann, thread)[1].text, "abcd");
    }
}

TEST_P(DynamoLateWritesTest, ALongLogIsReadInPagesThatLeaveOutWhatWasNeverConfirmed) {
    begin();
    std::uint64_t next = 2;
    std::vector<std::string> deltas{"a"};
    bool refused = false;
    dynamo().calls().fault = [&](std::string_view called) -> std::optional<aws::Failure> {
        if (called != "UpdateItem" || !std::exchange(refused, false)) return std::nullopt;
        aws::Failure failure;
        failure.kind = aws::Failure::Kind::credentials;
        return failure;
    };
    for (int i = 0; i < 100; ++i) {
        auto const text = std::to_string(i);
        refused = i % 3 == 0;
        if (refused) EXPECT_FALSE(run(store().append_log(lease, text_segment(next, {text}), 10)));
        auto const both = text_segment(next, {text, "b"});
        ASSERT_TRUE(run(store().append_log(lease, both, 10)));
        deltas.insert(deltas.end(), {text, "b"});
        next = both.last + 1;
    }
    std::string read;
    std::uint64_t after = 0;
    int pages = 0;
    for (bool more = true; more && pages < 10; ++pages) {
        auto const page = run(store().read_log(ann, lease.generation, after));
        ASSERT_FALSE(page->segments.empty());
        EXPECT_LE(page->segments.size(), 64u);
        for (auto const& each : page->segments) read += each.frames;
        after = page->segments.back().last;
        more = page->more;
    }
    EXPECT_EQ(read, text_segment(1, deltas).frames);
    EXPECT_EQ(pages, 3);
}

TEST_P(DynamoLateWritesTest, ALostLeaseLeavesNothingToSettle) {
    auto const ticket = begin();
    append_late({"b"});
    harness->clock.advance(chat::lease_time + std::chrono::seconds(1));
    ASSERT_TRUE(run(store().interrupt_expired(ann, ticket.generation)));
    auto const segment = text_segment(2, {"b"});
    EXPECT_EQ(run(store().append_log(lease, segment, 10)).error().reason, "lease_lost");
    std::vector<std::string> called;
    dynamo().calls().fault = [&](std::string_view each) -> std::optional<aws::Failure> {
        called.emplace_back(each);
        return std::nullopt;
    };
    EXPECT_EQ(run(store().append_log(lease, segment, 10)).error().reason, "lease_lost");
    EXPECT_EQ(called, (std::vector<std::string>{"PutItem", "UpdateItem"}));
}

INSTANTIATE_TEST_SUITE_P(DynamoDb, DynamoLateWritesTest, testing::Values(dynamodb_backend()));

}  // namespace kaiwa::conformance
