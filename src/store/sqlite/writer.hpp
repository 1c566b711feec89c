#pragma once

#include "base/log.hpp"
#include "base/spawn.hpp"
#include "base/wait.hpp"
#include "store/sqlite/connection.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace kaiwa::store::sqlite {

/// What the writer has done; for metrics and the benchmark.
struct WriterCounts {
    std::uint64_t operations = 0;
    std::uint64_t commits = 0;
    std::uint64_t checkpoints = 0;
    std::chrono::nanoseconds busy{};  ///< Processor time of the thread.
};

/// The one thread that changes the database. It takes all operations that wait, commits them
/// together with one flush, and only then lets each caller go on. When one of them fails after it
/// changed something, all are run again, each inside its own savepoint: that copies every page which
/// is changed, and is seldom needed.
///
/// With `Checkpoints::own` it is also the only checkpointer there is: when nothing was asked for a
/// moment, so that no commit waits for it, and under steady load when the log grew large.
///
/// Destruction finishes what is queued. The loops of the callers outlive it.
class Writer {
public:
    enum class Checkpoints { own, none };

    struct Limits {
        std::size_t max_operations = 16'384;  ///< Waiting; more are refused.
        std::size_t max_bytes = 256 << 20;    ///< Of the texts in them.
        std::size_t max_batch = 1'024;        ///< Operations in one commit.
        std::chrono::milliseconds max_batch_time{8};
        /// Pages of 4 KiB in the write-ahead log that are settled even when something always waits:
        /// seldom enough that fewer than one message in a hundred waits for it.
        int most_log_pages = 32'000;
        std::chrono::milliseconds longest_probe{2'000};  ///< Of the disk, in `takes_changes()`.
    };

    Writer(Connection db, Checkpoints checkpoints, Limits limits, Log& log);
    ~Writer();
    Writer(Writer const&) = delete;
    Writer& operator=(Writer const&) = delete;

    /// Runs `work(Connection&)`, returning a `Result<T>`, on the writer's thread and returns its
    /// result once it is durable. What a failing `work` changed is taken back. `work` must not
    /// throw, and may be called again after what it changed was taken back; a stop does not
    /// interrupt it. `bytes` is about what `work` holds.
    ///
    /// Fails with what `work` fails with, or `unavailable`: the queue is full, or the disk did not
    /// take the commit, in which case nothing of it is kept.
    template <class Work>
    auto run(Work work, std::size_t bytes = 0)
        -> asio::awaitable<std::invoke_result_t<Work const&, Connection&>>;

    [[nodiscard]] WriterCounts counts() const;

    /// Whether the disk takes changes, as the last commit says that wrote any; after one that the
    /// disk refused it is tried anew, at most once a second. False also when that takes too long.
    asio::awaitable<bool> takes_changes();

private:
    struct Operation {
        virtual ~Operation() = default;
        virtual void execute(Connection& db) = 0;
        /// It ran, and failed by itself.
        [[nodiscard]] virtual bool refused() const = 0;
        virtual void fail(Error error) = 0;
        /// Hands the result to the caller's loop.
        virtual void finish() = 0;
        std::size_t bytes = 0;
    };
    using Batch = std::vector<std::unique_ptr<Operation>>;

    template <class Work, class Handler>
    struct TypedOperation;
    struct Probe;
    struct Ran {
        std::size_t done = 0;  ///< Operations of the batch; the rest did not fit.
        bool spoiled = false;  ///< Something has to be taken back.
    };

    static int remember_log(void* writer, sqlite3* db, char const* name, int pages);
    bool submit(std::unique_ptr<Operation>& operation);
    void work();
    Batch take(std::unique_lock<std::mutex>& lock);
    void commit(Batch batch);
    Ran run_together(Batch& batch);
    Ran run_apart(Batch& batch);
    void run_in_savepoint(Operation& operation);
    bool wait_for_work(std::unique_lock<std::mutex>& lock);
    [[nodiscard]] int unsettled_pages() const { return log_pages_ - settled_pages_; }
    void checkpoint_when_above(int pages);
    void checkpoint(int mode);

    Connection db_;
    Checkpoints checkpoints_;
    Limits limits_;
    Log& log_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::unique_ptr<Operation>> queue_;
    std::size_t queued_bytes_ = 0;
    std::size_t wanted_ = 1;  // queue length that wakes the thread
    bool closing_ = false;
    WriterCounts counts_;
    bool refused_ = false;  // by the disk, since something was written last
    std::chrono::steady_clock::time_point next_try_{};
    Notifier probed_;

    // Of the thread alone.
    int log_pages_ = 0;      // in the write-ahead log, as of the last commit
    bool wrote_ = false;     // the last commit, at least one page
    int settled_pages_ = 0;  // of them already in the database file
    std::size_t last_batch_ = 0;
    std::chrono::steady_clock::duration last_commit_{};
    std::chrono::steady_clock::time_point next_truncate_{};
    std::thread thread_;
};

template <class Work, class Handler>
struct Writer::TypedOperation final : Operation {
    using R = std::invoke_result_t<Work const&, Connection&>;

    TypedOperation(Work w, Handler h, asio::any_io_executor executor)
        : work(std::move(w)),
          handler(std::move(h)),
          loop(asio::prefer(executor, asio::execution::outstanding_work.tracked)) {}

    void execute(Connection& db) override { result.emplace(std::as_const(work)(db)); }
    bool refused() const override { return result && !result->has_value(); }
    void fail(Error error) override { result.emplace(std::unexpected(std::move(error))); }
    void finish() override {
        auto done = [h = std::move(handler), r = std::move(*result)]() mutable {
            std::move(h)(std::move(r));
        };
        asio::post(loop, std::move(done));
    }

    Work work;
    Handler handler;
    asio::any_io_executor loop;
    std::optional<R> result;
};

template <class Work>
auto Writer::run(Work work, std::size_t bytes)
    -> asio::awaitable<std::invoke_result_t<Work const&, Connection&>> {
    using R = std::invoke_result_t<Work const&, Connection&>;
    auto executor = co_await asio::this_coro::executor;
    auto start = [this, executor, bytes, &work](auto handler) {
        using Typed = TypedOperation<Work, decltype(handler)>;
        std::unique_ptr<Operation> operation =
            std::make_unique<Typed>(std::move(work), std::move(handler), executor);
        operation->bytes = bytes;
        if (submit(operation)) return;
        operation->fail({Errc::unavailable, "the database has too much to write; try again", {}});
        operation->finish();
    };
    co_return co_await asio::async_initiate<asio::use_awaitable_t<> const, void(R)>(
        start, asio::use_awaitable);
}

}  // namespace kaiwa::store::sqlite
