#pragma once

#include "base/workers.hpp"
#include "store/sqlite/connection.hpp"

#include <filesystem>
#include <memory>
#include <mutex>
#include <type_traits>
#include <vector>

namespace kaiwa::store::sqlite {

/// A few threads that read the database, each with a connection of its own that sees one state of
/// the database for the length of one operation. Never on an event loop.
class Readers {
public:
    Readers(std::filesystem::path file, unsigned threads);

    /// Runs `work(Connection&)`, returning a `Result<T>`, on a reading thread.
    ///
    /// Fails with what `work` fails with, or `unavailable`.
    template <class Work>
    auto run(Work work) -> asio::awaitable<std::invoke_result_t<Work, Connection&>> {
        using R = std::invoke_result_t<Work, Connection&>;
        auto job = [this, work = std::move(work)]() mutable -> R {
            auto db = borrow();
            if (!db) return std::unexpected(std::move(db.error()));
            (*db)->run("BEGIN");
            R result = work(**db);
            (*db)->run("COMMIT");
            if (auto error = end(std::move(*db))) return std::unexpected(std::move(*error));
            return result;
        };
        co_return co_await workers_.run(std::move(job));
    }

private:
    Result<std::unique_ptr<Connection>> borrow();
    std::optional<Error> end(std::unique_ptr<Connection> db);

    std::filesystem::path file_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Connection>> idle_;
    Workers workers_;
};

}  // namespace kaiwa::store::sqlite
