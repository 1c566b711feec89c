#include "tests/conformance/harness.hpp"

namespace kaiwa::conformance {

TEST_P(ChatStoreTest, AThreadPastItsRetentionIsRemovedWithItsFiles) {
    auto const kept = make_thread(ann, "kept");
    auto const doomed = make_thread(ann, "doomed");
    std::vector<FileId> ids;
    for (int i = 0; i < 3; ++i) {
        auto const id = make_id<FileId>();
        auto writer = run(harness->blobs().create(id));
        ASSERT_TRUE(run((*writer)->write("bytes")));
        ASSERT_TRUE(run((*writer)->commit()));
        ASSERT_TRUE(run(store().add_file(ann, {id, "f", "text/plain", 5})));
        ids.push_back(id);
    }
    auto with_files = make_turn("both");
    with_files.files = {ids[0], ids[1]};
    ASSERT_TRUE(run(store().begin_turn(ann, doomed, with_files)));
    for (int i = 0; i < 150; ++i) answer(ask(ann, doomed, "q"), "a");
    auto shared = make_turn("one of them");
    shared.files = {ids[1], ids[2]};
    auto const ticket = run(store().begin_turn(ann, kept, shared));
    answer(*ticket, "kept");
    ASSERT_TRUE(run(store().delete_thread(ann, doomed)));

    harness->clock.advance(std::chrono::hours(24 * 29));
    ASSERT_TRUE(run(harness->clean_once()));
    EXPECT_TRUE(run(harness->blobs().open(ids[0])));
    harness->clock.advance(std::chrono::hours(24 * 2));
    auto const removed = run(harness->clean_once());
    ASSERT_TRUE(removed) << removed.error().message;
    EXPECT_GT(*removed, 300u);
    EXPECT_EQ(run(harness->blobs().open(ids[0])).error().code, Errc::not_found);
    EXPECT_TRUE(run(harness->blobs().open(ids[1])));
    EXPECT_TRUE(run(store().file(ann, ids[1])));
    EXPECT_EQ(branch(ann, kept).at(0).files.size(), 2u);
    EXPECT_EQ(run(store().file(ann, ids[0])).error().code, Errc::not_found);
    EXPECT_EQ(run(harness->clean_once()), 0u);
}

TEST_P(ChatStoreTest, AThreadThatPassesIsDeletedADayAfterItsLastChange) {
    auto const kept = make_thread(ann, "kept");
    auto const passing = make_id<ThreadId>();
    auto const made =
        run(store().create_thread(ann, {passing, "passing", {}, chat::passing}));
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->stay, chat::passing);
    for (auto const thread : {kept, passing}) answer(ask(ann, thread, "q"), "a");
    harness->clock.advance(std::chrono::hours(20));
    ASSERT_TRUE(run(harness->clean_once()));
    answer(ask(ann, passing, "one more"), "a");
    harness->clock.advance(std::chrono::hours(20));
    ASSERT_TRUE(run(harness->clean_once()));
    EXPECT_EQ(branch(ann, passing).size(), 4u);
    EXPECT_EQ(run(store().thread(ann, passing))->stay, chat::passing);

    harness->clock.advance(std::chrono::hours(5));
    auto const removed = run(harness->clean_once());
    ASSERT_TRUE(removed) << removed.error().message;
    EXPECT_GT(*removed, 0u);
    EXPECT_EQ(run(store().thread(ann, passing)).error().code, Errc::not_found);
    EXPECT_EQ(branch(ann, kept).size(), 2u);
    // As one that its owner deleted.
    EXPECT_EQ(run(store().restore_thread(ann, passing))->stay, chat::passing);
    harness->clock.advance(std::chrono::hours(25));
    ASSERT_TRUE(run(harness->clean_once()));
    harness->clock.advance(chat::deleted_retention + std::chrono::hours(1));
    ASSERT_TRUE(run(harness->clean_once()));
    EXPECT_EQ(run(store().restore_thread(ann, passing)).error().code, Errc::not_found);
    EXPECT_EQ(branch(ann, kept).size(), 2u);
}

TEST_P(ChatStoreTest, AThreadThatIsToStayForDaysIsDeletedThatManyAfterItsLastChange) {
    constexpr chat::Stay stay{90};
    auto const quiet = make_id<ThreadId>();
    auto const used = make_id<ThreadId>();
    for (auto const& thread : {quiet, used}) {
        ASSERT_TRUE(run(store().create_thread(ann, {thread, "for a while", {}, stay})));
        answer(ask(ann, thread, "q"), "a");
    }
    auto const pass = [&](std::chrono::hours time) {
        harness->clock.advance(time);
        auto const cleaned = run(harness->clean_once());
        EXPECT_TRUE(cleaned) << cleaned.error().message;
    };
    pass(std::chrono::days(2));
    pass(std::chrono::days(86));
    EXPECT_EQ(run(store().thread(ann, quiet))->stay, stay);
    answer(ask(ann, used, "one more"), "a");
    pass(std::chrono::days(3));
    EXPECT_EQ(run(store().thread(ann, quiet)).error().code, Errc::not_found);
    EXPECT_EQ(branch(ann, used).size(), 4u);
    pass(std::chrono::days(86));
    EXPECT_EQ(branch(ann, used).size(), 4u);
    pass(std::chrono::days(2));
    EXPECT_EQ(run(store().thread(ann, used)).error().code, Errc::not_found);
}

TEST_P(ChatStoreTest, ManyThreadsThatAreNotDueYetKeepNoneThatIs) {
    constexpr chat::Stay stay{90};
    for (int i = 0; i < 150; ++i)
        ASSERT_TRUE(run(store().create_thread(ann, {make_id<ThreadId>(), "stays", {}, stay})));
    harness->clock.advance(std::chrono::seconds(1));
    auto const due = make_id<ThreadId>();
    ASSERT_TRUE(run(store().create_thread(ann, {due, "passes", {}, chat::passing})));
    harness->clock.advance(std::chrono::hours(25));
    EXPECT_EQ(run(harness->clean_once()), 1u);
    EXPECT_EQ(run(store().thread(ann, due)).error().code, Errc::not_found);
    EXPECT_EQ(run(harness->clean_once()), 0u);
}

TEST_P(ChatStoreTest, AFileThatNobodyAttachedIsRemovedInTheEnd) {
    auto const id = make_id<FileId>();
    auto writer = run(harness->blobs().create(id));
    ASSERT_TRUE(run((*writer)->commit()));
    ASSERT_TRUE(run(store().add_file(ann, {id, "f", "text/plain", 0})));
    harness->clock.advance(std::chrono::hours(24 * 29));
    ASSERT_TRUE(run(harness->clean_once()));
    EXPECT_TRUE(run(store().file(ann, id)));
    harness->clock.advance(std::chrono::hours(24 * 2));
    ASSERT_TRUE(run(harness->clean_once()));
    EXPECT_EQ(run(store().file(ann, id)).error().code, Errc::not_found);
    EXPECT_EQ(run(harness->blobs().open(id)).error().code, Errc::not_found);
}

}  // namespace kaiwa::conformance
