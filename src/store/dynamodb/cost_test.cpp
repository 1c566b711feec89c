#include "chat/event_frame.hpp"
#include "store/dynamodb/dynamodb_harness.hpp"

namespace kaiwa::conformance {

using store::dynamodb::DynamoHarness;
using store::dynamodb::dynamodb_backend;

/// What a turn costs is a promise of docs/aws.md.
class DynamoCostTest : public ChatStoreTest {
protected:
    struct Cost {
        double reads = 0;
        double writes = 0;
    };
    Cost spent() {
        auto const counts = static_cast<DynamoHarness&>(*harness).store().counts();
        Cost const now{counts.read_units, counts.write_units};
        Cost const since{now.reads - before_.reads, now.writes - before_.writes};
        before_ = now;
        return since;
    }

private:
    Cost before_;
};

TEST_P(DynamoCostTest, ATurnCostsWritesByItsSegmentsNotByItsTokens) {
    auto const thread = make_thread(ann);
    answer(ask(ann, thread, "the first question makes the tables"), "warm");
    spent();
    auto const ticket = ask(ann, thread, "こんにちは");
    auto const begun = spent();
    RecordProperty("begin_writes", std::to_string(begun.writes));
    EXPECT_LE(begun.writes, 8);
    EXPECT_LE(begun.reads, 8);

    // 400 tokens in 10 segments of some 2 KB, as they come at 200 tokens a second.
    std::uint64_t number = 1;
    std::string text;
    for (int i = 0; i < 10; ++i) {
        std::vector<std::string> const deltas(40, "こん");
        auto const segment = text_segment(number, deltas);
        text += segment.text;
        number = segment.last + 1;
        ASSERT_TRUE(
            run(store().append_log({ticket.generation, ticket.epoch}, segment, number + 4096)));
    }
    auto const segments = spent();
    EXPECT_LE(segments.writes, 10 * 4);
    EXPECT_EQ(segments.reads, 0);
    auto const small = text_segment(number, {"こん"});
    text += small.text;
    number = small.last + 1;
    ASSERT_TRUE(run(store().append_log({ticket.generation, ticket.epoch}, small, number + 4096)));
    EXPECT_LE(spent().writes, 2);

    for (int i = 0; i < 8; ++i)
        ASSERT_TRUE(run(store().renew_lease({ticket.generation, ticket.epoch})));
    auto const idle = spent();
    EXPECT_EQ(idle.writes, 0);
    EXPECT_LE(idle.reads, 8);

    chat::Ending ending;
    ending.last_segment.first = ending.last_segment.last = number;
    chat::append_frame(ending.last_segment.frames, number, chat::EventType::done,
                       R"({"finish":"stop"})");
    ending.finish = "stop";
    ending.text = text;
    ASSERT_TRUE(run(store().end_generation({ticket.generation, ticket.epoch}, ending)));
    auto const ended = spent();
    EXPECT_LE(ended.writes, 24);
    EXPECT_LE(ended.reads, 4);

    static_cast<void>(branch(ann, thread));
    auto const shown = spent();
    EXPECT_LE(shown.reads, 4);
    std::printf("begin %.1f w %.1f r, 10 segments %.1f w, 8 idle looks %.1f r, end %.1f w %.1f r, "
                "reading %.1f r\n",
                begun.writes, begun.reads, segments.writes, idle.reads, ended.writes, ended.reads,
                shown.reads);
}

TEST_P(DynamoCostTest, APageReadsOneItemForEachOfChainlitsFiles) {
    auto const thread = make_thread(ann);
    auto const ticket = ask(ann, thread, "question");
    answer(ticket, "answer");
    static_cast<void>(branch(ann, thread));
    spent();
    static_cast<void>(branch(ann, thread));
    auto const without = spent();
    constexpr int files = 20;
    auto& calls = static_cast<DynamoHarness&>(*harness).calls();
    NullLog log;
    store::dynamodb::Table table(calls, static_cast<DynamoHarness&>(*harness).table_name(),
                                 harness->random, log);
    for (int i = 0; i < files; ++i) {
        auto const name = "picture-" + std::to_string(i);
        ASSERT_TRUE(run(table.put({{"PK", "THREAD#" + thread.text()},
                                   {"SK", "ELEMENT#" + name},
                                   {"id", name},
                                   {"type", "image"},
                                   {"name", "a picture.png"},
                                   {"mime", "image/png"},
                                   {"forId", ticket.message.text()},
                                   {"objectKey", "ann/" + thread.text() + "/" + name}})));
    }
    static_cast<void>(branch(ann, thread));
    auto const first = spent();
    EXPECT_LE(first.writes, 2 * files);
    static_cast<void>(branch(ann, thread));
    auto const later = spent();
    EXPECT_EQ(later.writes, 0);
    EXPECT_LE(later.reads - without.reads, files + 4) << "and the elements themselves";
    std::printf("page %.1f r; with %d files first %.1f r %.1f w, then %.1f r\n", without.reads,
                files, first.reads, first.writes, later.reads);
}

INSTANTIATE_TEST_SUITE_P(DynamoDb, DynamoCostTest, testing::Values(dynamodb_backend()));

}  // namespace kaiwa::conformance
