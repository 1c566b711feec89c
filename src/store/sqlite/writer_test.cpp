#include "store/sqlite/writer_fixture.hpp"

#include <cerrno>

namespace kaiwa::store::sqlite {
namespace {

TEST_F(WriterTest, AFullQueueRefusesAtOnce) {
    start({.max_operations = 10, .max_bytes = 1'000, .max_batch = 4, .max_batch_time = {}});
    std::latch release(1);
    start_task(hold(release));
    for (int i = 0; i < 50; ++i) start_task(add(i));
    loop.restart();
    loop.poll();
    int refused = 0;
    for (auto const& result : results) {
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, Errc::unavailable);
        ++refused;
    }
    // Ten wait, and the writer may have taken a batch of up to four, the one that holds it
    // included.
    EXPECT_GE(refused, 51 - 10 - 4);
    release.count_down();
    loop.run();
    EXPECT_EQ(rows(), 50 - refused);
    EXPECT_TRUE(run(add(1'000)));
}

TEST_F(WriterTest, AFlushThatFailsIsNeverAcknowledged) {
    for (int const error : {EIO, ENOSPC, EDQUOT}) {
        ASSERT_TRUE(run(add(error * 10)));
        auto const before = rows();
        kaiwa_fail_flushes(error, 0, 1);
        auto const failed = run(add(error * 10 + 1));
        ASSERT_FALSE(failed) << error;
        EXPECT_EQ(failed.error().code, Errc::unavailable);
        EXPECT_EQ(rows(), before);
        ASSERT_TRUE(run(add(error * 10 + 2))) << "it works again when the disk does";
        EXPECT_EQ(rows(), before + 1);
        EXPECT_EQ(integrity(), "ok");
    }
}

TEST_F(WriterTest, WhateverCallFailsNothingFalseIsAcknowledged) {
    // Every write and every flush of a series fails once, at each place in turn.
    int next = 0;
    std::vector<int> acknowledged;
    for (int const error : {EIO, ENOSPC}) {
        for (long skip = 0; skip < 12; ++skip) {
            for (bool const flushes : {false, true}) {
                if (flushes) kaiwa_fail_flushes(error, skip, 1);
                if (!flushes) kaiwa_fail_writes(error, skip, 1);
                for (int i = 0; i < 6; ++i) {
                    auto const n = next++;
                    auto const result = run(add(n));
                    if (result) acknowledged.push_back(n);
                    if (!result) EXPECT_EQ(result.error().code, Errc::unavailable);
                }
                kaiwa_fail_flushes(0, 0, 0);
                kaiwa_fail_writes(0, 0, 0);
            }
        }
    }
    EXPECT_GT(acknowledged.size(), 200u);
    start({});  // a new server reads what the last one left
    EXPECT_EQ(integrity(), "ok");
    EXPECT_EQ(rows(), static_cast<std::int64_t>(acknowledged.size()));
}

TEST_F(WriterTest, TellsWhetherTheDiskTakesChangesAndTriesAnewByItself) {
    EXPECT_TRUE(takes());
    kaiwa_fail_writes(ENOSPC, 0, 1'000'000);
    EXPECT_TRUE(takes()) << "nothing was written yet";
    EXPECT_FALSE(run(add(1)));
    EXPECT_FALSE(takes()) << "tried anew, and refused";
    kaiwa_fail_writes(0, 0, 0);
    auto const until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    bool recovered = false;
    while (!recovered && std::chrono::steady_clock::now() < until) recovered = takes();
    EXPECT_TRUE(recovered) << "although nobody wrote anything";
    EXPECT_EQ(rows(), 0);
    EXPECT_EQ(integrity(), "ok");
}

TEST_F(WriterTest, ADiskThatRefusedIsNotSeenToWorkByWhatWritesNothing) {
    auto const find_nothing = [this]() -> asio::awaitable<Result<int>> {
        auto work = [](Connection& db) -> Result<int> {
            db.run("DELETE FROM providers WHERE name = 'nobody'");
            return fail(Errc::not_found, "nobody");
        };
        co_return co_await writer->run(std::move(work));
    };
    auto const clean_nothing = [this]() -> asio::awaitable<Result<int>> {
        auto work = [](Connection& db) -> Result<int> {
            db.run("DELETE FROM providers WHERE name = 'nobody'");
            return 0;
        };
        co_return co_await writer->run(std::move(work));
    };
    kaiwa_fail_writes(ENOSPC, 0, 1'000'000);
    EXPECT_FALSE(run(add(1)));
    EXPECT_EQ(run(find_nothing()).error().code, Errc::not_found);
    EXPECT_FALSE(takes());
    EXPECT_TRUE(run(clean_nothing()));
    EXPECT_FALSE(takes());
    kaiwa_fail_writes(0, 0, 0);
    EXPECT_FALSE(run(add_and_refuse(2)));
    EXPECT_FALSE(takes()) << "nothing was committed";
    EXPECT_TRUE(run(add(3)));
    EXPECT_TRUE(takes()) << "something was";
}

TEST_F(WriterTest, ADatabaseThatSomebodyElseHasLockedIsNoFullDisk) {
    auto other =
        Connection::open(database_file(folder.path()), Connection::Mode::read_write).value();
    auto const be_impatient = [this]() -> asio::awaitable<Result<int>> {
        auto work = [](Connection& db) -> Result<int> {
            sqlite3_busy_timeout(db.handle(), 1);
            return 0;
        };
        co_return co_await writer->run(std::move(work));
    };
    ASSERT_TRUE(run(be_impatient()));
    other.run("BEGIN IMMEDIATE");
    EXPECT_EQ(run(add(1)).error().code, Errc::unavailable);
    EXPECT_TRUE(takes());
    other.run("ROLLBACK");
}

TEST_F(WriterTest, ADiskThatHangsIsNotWaitedForToTellWhetherItTakesChanges) {
    start({.longest_probe = std::chrono::milliseconds(20)});
    kaiwa_fail_writes(ENOSPC, 0, 1);
    EXPECT_FALSE(run(add(1)));
    std::latch release(1);
    start_task(hold(release));
    start_task(told());
    loop.restart();
    while (results.empty() && loop.run_one_for(std::chrono::seconds(30)) > 0) continue;
    auto const answered = results.size();
    release.count_down();
    loop.run();
    EXPECT_EQ(answered, 1u) << "while the writer was busy";
    EXPECT_EQ(results.front().value(), 0);
}

TEST_F(WriterTest, ADiskThatStaysFullRefusesEverythingAndRecovers) {
    ASSERT_TRUE(run(add(1)));
    kaiwa_fail_writes(ENOSPC, 0, 1'000'000);
    for (int i = 10; i < 20; ++i) {
        auto const failed = run(add(i));
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().code, Errc::unavailable);
        EXPECT_NE(failed.error().message.find("disk"), std::string::npos);
    }
    kaiwa_fail_writes(0, 0, 0);
    ASSERT_TRUE(run(add(2)));
    EXPECT_EQ(rows(), 2);
    EXPECT_EQ(integrity(), "ok");
}

TEST_F(WriterTest, TheLogIsSettledIntoTheDatabaseWhenNothingWaits) {
    auto const add_large = [this](int n) -> asio::awaitable<Result<int>> {
        auto work = [n](Connection& db) -> Result<int> {
            db.run(
                "INSERT INTO providers (name, kind, base_url, models, options) "
                "VALUES (CAST(?1 AS TEXT), '', '', ?2, '')",
                n, std::string(100'000, 'x'));
            return n;
        };
        return writer->run(std::move(work), 100'000);
    };
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(run(add_large(i)));
    auto const patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (writer->counts().checkpoints == 0 && std::chrono::steady_clock::now() < patience) {
        std::this_thread::yield();
    }
    EXPECT_GT(writer->counts().checkpoints, 0u);
    auto const log_file = database_file(folder.path()).string() + "-wal";
    // What comes next is written over it.
    auto const size = std::filesystem::file_size(log_file);
    ASSERT_TRUE(run(add_large(200)));
    EXPECT_EQ(std::filesystem::file_size(log_file), size);
    writer.reset();
    EXPECT_EQ(std::filesystem::file_size(log_file), 0u);
    EXPECT_EQ(rows(), 201);
}

TEST_F(WriterTest, ThePagesOfACommitGoToTheDiskTogether) {
    auto const add_pages = [this](int n) -> asio::awaitable<Result<int>> {
        auto work = [n](Connection& db) -> Result<int> {
            db.run(
                "INSERT INTO providers (name, kind, base_url, models, options) "
                "VALUES (CAST(?1 AS TEXT), '', '', ?2, '')",
                n, std::string(30'000, 'x'));
            return n;
        };
        return writer->run(std::move(work));
    };
    kaiwa_fail_writes(EIO, 1, 1'000'000);  // all but the first
    EXPECT_TRUE(run(add_pages(1)));
    kaiwa_fail_writes(0, 0, 0);
    EXPECT_EQ(rows(), 1);
    EXPECT_EQ(integrity(), "ok");
}

TEST_F(WriterTest, AnOperationReadsWhatItWroteEvenIfItIsMoreThanFitsIntoMemory) {
    auto const add_many = [this]() -> asio::awaitable<Result<int>> {
        auto work = [](Connection& db) -> Result<int> {
            for (int n = 0; n < 3'000; ++n) {
                db.run(
                    "INSERT INTO providers (name, kind, base_url, models, options) "
                    "VALUES (CAST(?1 AS TEXT), '', '', ?2, '')",
                    n, std::string(8'000, 'x'));
            }
            auto row = db.query("SELECT sum(length(models)) FROM providers");
            return row.row() ? static_cast<int>(row.integer(0)) : 0;
        };
        return writer->run(std::move(work));
    };
    auto const written = run(add_many());
    ASSERT_TRUE(written);
    EXPECT_EQ(*written, 3'000 * 8'000);
    EXPECT_EQ(rows(), 3'000);
    EXPECT_EQ(integrity(), "ok");
    start({});
    EXPECT_EQ(rows(), 3'000);
}

TEST_F(WriterTest, AnOperationThatFailsAloneLeavesNothing) {
    ASSERT_TRUE(run(add(1)));
    EXPECT_EQ(run(add_and_refuse(2)).error().message, "refused");
    EXPECT_EQ(run(add(1)).error().code, Errc::conflict);
    EXPECT_EQ(rows(), 1);
    ASSERT_TRUE(run(add(2)));
    EXPECT_EQ(rows(), 2);
}

TEST_F(WriterTest, ALogThatGrowsWithoutAPauseIsSettledToo) {
    // Each operation queues the next before it is answered, so that something always waits.
    auto const add_pages = [this](int n) -> asio::awaitable<Result<int>> {
        auto work = [n](Connection& db) -> Result<int> {
            db.run(
                "INSERT INTO providers (name, kind, base_url, models, options) "
                "VALUES (CAST(?1 AS TEXT), '', '', ?2, '')",
                n, std::string(400'000, 'x'));
            return n;
        };
        return writer->run(std::move(work), 400'000);
    };
    Writer::Limits limits;
    limits.most_log_pages = 8'000;
    start(limits);
    for (int i = 0; i < 200; ++i) start_task(add_pages(i));
    loop.restart();
    loop.run();
    EXPECT_EQ(results.size(), 200u);
    EXPECT_GT(writer->counts().checkpoints, 0u);
    auto const log_file = database_file(folder.path()).string() + "-wal";
    EXPECT_LT(std::filesystem::file_size(log_file), 70'000'000u);
}

}  // namespace
}  // namespace kaiwa::store::sqlite
