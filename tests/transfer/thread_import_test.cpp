#include "transfer/thread_import.hpp"

#include "store/sqlite/sqlite_harness.hpp"

namespace kaiwa::conformance {
namespace {

using transfer::import_thread;
using transfer::ImportOutcome;

class ThreadImportTest : public ThreadArchiveTest {
protected:
    ThreadImportTest() {
        thread.owner = ann;
        thread.thread.id = make_id<ThreadId>();
        thread.thread.title = "旅";
        thread.thread.created_at = harness->clock.now();
        thread.thread.updated_at = harness->clock.now();
        for (std::uint64_t i = 0; i < 200; ++i) {
            auto& archived = messages.emplace_back();
            archived.number = i;
            archived.message.id = make_id<MessageId>();
            if (i > 0) archived.message.parent = messages[i - 1].message.id;
            archived.message.role =
                i % 2 == 0 ? chat::MessageRole::user : chat::MessageRole::assistant;
            archived.message.text = "message " + std::to_string(i);
            archived.message.created_at = harness->clock.now();
        }
        thread.thread.head = messages.back().message.id;
    }
    Result<ImportOutcome> put() { return run(import_thread(harness->archive(), thread, messages)); }

    chat::ArchivedThread thread;
    std::vector<chat::ArchivedMessage> messages;
};

TEST_P(ThreadImportTest, StoresAThreadOnceAndLeavesItAsItHasBecome) {
    EXPECT_EQ(put(), ImportOutcome::stored);
    EXPECT_EQ(branch(ann, thread.thread.id).size(), 200u);
    answer(ask(ann, thread.thread.id, "続き"), "はい");
    EXPECT_EQ(put(), ImportOutcome::present);
    EXPECT_EQ(branch(ann, thread.thread.id).size(), 202u);
    ASSERT_TRUE(run(store().delete_thread(ann, thread.thread.id)));
    EXPECT_EQ(put(), ImportOutcome::present) << "deleted here stays deleted";
}

TEST_P(ThreadImportTest, MakesWholeWhatAnEarlierTryLeft) {
    ASSERT_TRUE(run(harness->archive().open_thread(thread)));
    std::vector<chat::ArchivedMessage> const some(messages.begin(), messages.begin() + 70);
    ASSERT_TRUE(run(harness->archive().add_messages(thread, some)));
    EXPECT_EQ(put(), ImportOutcome::stored);
    EXPECT_EQ(branch(ann, thread.thread.id).size(), 200u);
    EXPECT_EQ(read(harness->archive(), thread.thread.id).size(), 200u);
}

TEST_P(ThreadImportTest, RefusesAnIdThatIsSomebodyElses) {
    ASSERT_TRUE(run(store().create_thread(bob, {thread.thread.id, "bob's", {}})));
    auto const refused = put();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, ThreadImportTest,
                         testing::Values(store::sqlite::sqlite_backend()));

}  // namespace
}  // namespace kaiwa::conformance
