#pragma once

#include "store/sqlite/data_lock.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/sqlite_harness.hpp"
#include "store/sqlite/writer.hpp"
#include "tests/support/disk_faults/disk_faults.hpp"

#include <gtest/gtest.h>

#include <latch>

namespace kaiwa::store::sqlite {

inline Result<int> add_row(Connection& db, int n) {
    db.run(
        "INSERT INTO providers (name, kind, base_url, models, options) "
        "VALUES (CAST(?1 AS TEXT), '', '', '', '')",
        n);
    return n;
}

/// A writer of a new database, whose disk a test can let fail.
class WriterTest : public testing::Test {
protected:
    WriterTest() { start({}); }
    ~WriterTest() override {
        kaiwa_fail_flushes(0, 0, 0);
        kaiwa_fail_writes(0, 0, 0);
        kaiwa_delay_flushes(0);
    }
    void start(Writer::Limits limits) {
        writer.reset();
        auto db = Connection::open(database_file(folder.path()), Connection::Mode::read_write);
        EXPECT_TRUE(migrate(*db));
        writer = std::make_unique<Writer>(std::move(*db), Writer::Checkpoints::own, limits, log);
    }
    std::int64_t rows() {
        auto db =
            Connection::open(database_file(folder.path()), Connection::Mode::read_only).value();
        auto row = db.query("SELECT count(*) FROM providers");
        return row.row() ? row.integer(0) : -1;
    }
    std::string integrity() {
        auto db =
            Connection::open(database_file(folder.path()), Connection::Mode::read_only).value();
        auto row = db.query("PRAGMA integrity_check");
        return row.row() ? row.text(0) : db.take_error()->message;
    }
    asio::awaitable<Result<int>> add(int n) {
        auto work = [n](Connection& db) { return add_row(db, n); };
        co_return co_await writer->run(std::move(work));
    }
    /// Changes something, then fails.
    asio::awaitable<Result<int>> add_and_refuse(int n) {
        auto work = [n](Connection& db) -> Result<int> {
            static_cast<void>(add_row(db, n));
            return fail(Errc::conflict, "refused");
        };
        co_return co_await writer->run(std::move(work));
    }
    /// Keeps the writer busy until `release` counts down, so that the others queue behind.
    asio::awaitable<Result<int>> hold(std::latch& release) {
        auto work = [&release](Connection&) -> Result<int> {
            release.wait();
            return 0;
        };
        co_return co_await writer->run(std::move(work));
    }
    /// Starts `task`; what it results in is appended to `results`.
    void start_task(asio::awaitable<Result<int>> task) {
        auto on_end = [](std::exception_ptr const& error) { EXPECT_FALSE(error); };
        spawn(loop.get_executor(), asio::cancellation_slot(), keep(std::move(task)), on_end);
    }
    asio::awaitable<void> keep(asio::awaitable<Result<int>> task) {
        auto result = co_await std::move(task);
        results.push_back(std::move(result));
    }
    Result<int> run(asio::awaitable<Result<int>> task) {
        start_task(std::move(task));
        loop.restart();
        loop.run();
        auto result = std::move(results.back());
        results.clear();
        return result;
    }

    asio::awaitable<Result<int>> told() { co_return co_await writer->takes_changes(); }
    bool takes() { return run(told()).value() == 1; }

    TemporaryFolder folder;
    NullLog log;
    asio::io_context loop;
    std::vector<Result<int>> results;
    std::unique_ptr<Writer> writer;
};

}  // namespace kaiwa::store::sqlite
