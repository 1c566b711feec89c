// What waits together: one commit, and each by itself when it fails.
#include "store/sqlite/writer_fixture.hpp"

#include <atomic>
#include <cerrno>

namespace kaiwa::store::sqlite {
namespace {

TEST_F(WriterTest, WhatWaitsIsCommittedTogether) {
    std::latch release(1);
    start_task(hold(release));
    for (int i = 0; i < 500; ++i) start_task(add(i));
    loop.restart();
    loop.poll();  // all are queued now
    auto const flushes = kaiwa_flushes();
    release.count_down();
    loop.run();
    EXPECT_EQ(results.size(), 501u);
    for (auto const& result : results) EXPECT_TRUE(result);
    EXPECT_EQ(rows(), 500);
    EXPECT_LE(kaiwa_flushes() - flushes, 8);
}

TEST_F(WriterTest, AnOperationThatFailsTakesBackOnlyItsOwnChanges) {
    std::latch release(1);
    start_task(hold(release));
    for (int i = 0; i < 30; ++i) {
        start_task(i % 3 == 1 ? add_and_refuse(i) : add(i % 3 == 2 ? i - 2 : i));
    }
    loop.restart();
    loop.poll();
    release.count_down();
    loop.run();
    int kept = 0;
    for (auto const& result : results) kept += result.has_value();
    EXPECT_EQ(kept, 11);  // the one that held, and one of three: the third repeats a name
    EXPECT_EQ(rows(), 10);
}

class GroupTest : public WriterTest {
protected:
    // However slow the machine is, a group is not cut.
    GroupTest() { start({.max_batch_time = std::chrono::hours(1)}); }
    /// Changes something, and counts how often it was called.
    asio::awaitable<Result<int>> add_counted(int n) {
        auto work = [this, n](Connection& db) {
            ++calls;
            return add_row(db, n);
        };
        co_return co_await writer->run(std::move(work));
    }
    /// Fails without a change.
    asio::awaitable<Result<int>> refuse_counted() {
        auto work = [this](Connection&) -> Result<int> {
            ++calls;
            return fail(Errc::conflict, "refused");
        };
        co_return co_await writer->run(std::move(work));
    }
    /// Keeps the writer busy, so that what is started then becomes one group.
    asio::awaitable<Result<int>> hold() {
        auto work = [this](Connection&) -> Result<int> {
            holds_.count_down();
            release_.wait();
            return 0;
        };
        co_return co_await writer->run(std::move(work));
    }
    void hold_writer() {
        start_task(hold());
        loop.restart();
        loop.poll();
        holds_.wait();
    }
    void run_group() {
        loop.restart();
        loop.poll();
        release_.count_down();
        loop.run();
    }

    std::atomic<int> calls = 0;

private:
    std::latch holds_{1};
    std::latch release_{1};
};

TEST_F(GroupTest, OneThatChangedNothingWhenItFailedTakesNothingBack) {
    hold_writer();
    start_task(add_counted(1));
    start_task(refuse_counted());
    start_task(add_counted(2));
    run_group();
    EXPECT_EQ(calls, 3) << "each ran once";
    EXPECT_EQ(rows(), 2);
}

TEST_F(GroupTest, OneThatFailedAfterItChangedSomethingLetsTheOthersRunAgain) {
    hold_writer();
    start_task(add_counted(1));
    start_task(refuse_counted());
    start_task(add_and_refuse(2));
    start_task(add_counted(3));
    run_group();
    EXPECT_EQ(calls, 5) << "the two before it ran twice, the one after it once";
    EXPECT_EQ(rows(), 2) << "and did what they do once";
    int kept = 0;
    for (auto const& result : results) kept += result.has_value();
    EXPECT_EQ(kept, 3) << "with the one that held the writer";
}

TEST_F(GroupTest, ARefusalThatRestedOnWhatIsLostIsNotTold) {
    hold_writer();
    start_task(add(1));
    start_task(add(1));  // refused: the name is taken, by what the disk then does not take
    kaiwa_fail_flushes(EIO, 0, 1'000);
    run_group();
    kaiwa_fail_flushes(0, 0, 0);
    int lost = 0;
    for (auto const& result : results)
        lost += !result && result.error().code == Errc::unavailable;
    EXPECT_EQ(lost, 2);
    EXPECT_EQ(rows(), 0);
}

}  // namespace
}  // namespace kaiwa::store::sqlite
