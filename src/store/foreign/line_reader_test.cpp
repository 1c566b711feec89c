#include "store/foreign/line_reader.hpp"

#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

namespace kaiwa::store::foreign {
namespace {

using kaiwa::test::run_task;

constexpr Timestamp now{std::chrono::milliseconds(1'790'000'000'000)};

Item line(int number, std::size_t bytes) {
    return {{"session_id", "s"},
            {"user_message", "q" + std::to_string(number)},
            {"bot_response", std::string(bytes, 'a')}};
}

/// A session of so many questions, with answers of that size, as an import has it.
class LineReaderTest : public testing::Test {
protected:
    void gather(int questions, std::size_t bytes) {
        for (int i = 0; i < questions; ++i) {
            auto const item = line(i, bytes);
            ASSERT_TRUE(reader->take(item, spool.end()).is_part);
            ASSERT_TRUE(spool.add(item));
        }
        gathered = reader->finish().at(0);
        thread = to_thread(gathered, "private-rag/T", {UserId{Uuid{{1}}}, "hana", {}}, now).thread;
    }

    std::unique_ptr<Reader> reader = private_rag_reader();
    Spool spool = Spool::make().value();
    Gathered gathered;
    chat::Thread thread;
};

TEST_F(LineReaderTest, GivesMessagesThatFollowEachOther) {
    gather(3, 10);
    LineReader lines(thread, gathered, *reader, spool);
    auto const messages = *run_task(lines.next());
    ASSERT_EQ(messages.size(), 6u);
    EXPECT_FALSE(messages[0].message.parent);
    for (std::size_t i = 1; i < messages.size(); ++i) {
        EXPECT_EQ(messages[i].message.parent, messages[i - 1].message.id);
        EXPECT_EQ(messages[i].number, i);
        EXPECT_EQ(messages[i].message.created_at, now);
    }
    EXPECT_EQ(messages[4].message.text, "q2");
    EXPECT_EQ(thread.head, messages.back().message.id);
    EXPECT_EQ(thread.title, "q0");
    EXPECT_TRUE(run_task(lines.next())->empty());
}

TEST_F(LineReaderTest, HoldsAboutAMegabyteAtOnce) {
    gather(40, 100'000);
    LineReader lines(thread, gathered, *reader, spool);
    std::size_t messages = 0;
    for (;;) {
        auto const some = *run_task(lines.next());
        if (some.empty()) break;
        EXPECT_LE(some.size(), 2 * 11u);
        messages += some.size();
    }
    EXPECT_EQ(messages, 80u);
}

TEST_F(LineReaderTest, GivesTheSameIdsEachTime) {
    gather(2, 10);
    LineReader one(thread, gathered, *reader, spool);
    LineReader two(thread, gathered, *reader, spool);
    EXPECT_EQ(run_task(one.next())->back().message.id, run_task(two.next())->back().message.id);
}

TEST(Spool, GivesBackWhatItWasGivenAndNothingElse) {
    auto spool = Spool::make().value();
    auto const first = spool.end();
    ASSERT_TRUE(spool.add(line(1, 3)));
    auto const second = spool.end();
    ASSERT_TRUE(spool.add(line(2, 70'000)));
    auto moved = std::move(spool);
    EXPECT_EQ(*moved.read(second), line(2, 70'000));
    EXPECT_EQ(*moved.read(first), line(1, 3));
    EXPECT_FALSE(moved.read(moved.end()));
    EXPECT_FALSE(moved.read(first + 3));
}

}  // namespace
}  // namespace kaiwa::store::foreign
