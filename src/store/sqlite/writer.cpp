#include "store/sqlite/writer.hpp"

#include <time.h>

#include <algorithm>

namespace kaiwa::store::sqlite {
namespace {

using std::chrono::steady_clock;

// Pages of 4 KiB in the write-ahead log.
constexpr int checkpoint_when_quiet = 1'000;
constexpr std::chrono::seconds between_truncations{1};
constexpr std::chrono::seconds between_tries{1};
// A person's turn is two commits with an answer between them; a checkpoint in the gap between two
// requests would hold up the second.
constexpr std::chrono::milliseconds quiet_time{20};
// How long a commit may be held back for those who are about to queue.
constexpr std::chrono::microseconds longest_linger{500};

std::chrono::nanoseconds thread_time() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

/// Writes what stands there already: a page is written, and nothing changes. Nobody waits for it.
struct Writer::Probe final : Operation {
    explicit Probe(Writer& its) : writer(its) {}
    void execute(Connection& db) override { db.run("PRAGMA application_id = 0x4B616977"); }
    bool refused() const override { return false; }
    void fail(Error) override {}
    void finish() override { writer.probed_.notify_all(); }

    Writer& writer;
};

int Writer::remember_log(void* writer, sqlite3*, char const*, int pages) {
    auto& self = *static_cast<Writer*>(writer);
    self.log_pages_ = pages;
    self.wrote_ = true;
    return SQLITE_OK;
}

Writer::Writer(Connection db, Checkpoints checkpoints, Limits limits, Log& log)
    : db_(std::move(db)), checkpoints_(checkpoints), limits_(limits), log_(log) {
    sqlite3_wal_hook(db_.handle(), remember_log, this);
    thread_ = std::thread([this] { work(); });
}

Writer::~Writer() {
    {
        std::lock_guard lock(mutex_);
        closing_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

WriterCounts Writer::counts() const {
    std::lock_guard lock(mutex_);
    return counts_;
}

asio::awaitable<bool> Writer::takes_changes() {
    auto const waiter = std::make_shared<Notifier::Waiter>(co_await asio::this_coro::executor);
    auto const now = steady_clock::now();
    {
        std::lock_guard lock(mutex_);
        if (!refused_) co_return true;
        if (now < next_try_) co_return false;
        next_try_ = now + between_tries;
        probed_.prepare(waiter);
    }
    std::unique_ptr<Operation> probe = std::make_unique<Probe>(*this);
    if (!submit(probe)) co_return false;
    // The disk may hang, and a probe that was begun cannot be called back.
    if (!co_await waiter->wait_until(now + limits_.longest_probe)) co_return false;
    std::lock_guard lock(mutex_);
    co_return !refused_;
}

bool Writer::submit(std::unique_ptr<Operation>& operation) {
    {
        std::lock_guard lock(mutex_);
        bool const full = queue_.size() >= limits_.max_operations ||
                          (queued_bytes_ + operation->bytes > limits_.max_bytes && !queue_.empty());
        if (full || closing_) return false;
        queued_bytes_ += operation->bytes;
        queue_.push_back(std::move(operation));
        if (queue_.size() != wanted_) return true;
    }
    wake_.notify_one();
    return true;
}

void Writer::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        if (!wait_for_work(lock)) {
            lock.unlock();
            checkpoint_when_above(checkpoint_when_quiet);
            lock.lock();
            continue;
        }
        if (queue_.empty()) break;
        auto batch = take(lock);
        lock.unlock();
        commit(std::move(batch));
        auto const busy = thread_time();
        lock.lock();
        counts_.busy = busy;
        lock.unlock();
        checkpoint_when_above(limits_.most_log_pages);
        lock.lock();
    }
    lock.unlock();
    if (checkpoints_ == Checkpoints::own) checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
}

/// False when nothing came for a while and the log has something to settle.
bool Writer::wait_for_work(std::unique_lock<std::mutex>& lock) {
    auto const has_work = [this] { return closing_ || !queue_.empty(); };
    bool const settles =
        checkpoints_ == Checkpoints::own && unsettled_pages() >= checkpoint_when_quiet;
    if (settles) return wake_.wait_for(lock, quiet_time, has_work);
    wake_.wait(lock, has_work);
    return true;
}

Writer::Batch Writer::take(std::unique_lock<std::mutex>& lock) {
    // Those who were answered together ask again together: waiting a moment for them saves a flush.
    auto const group = std::min(last_batch_, limits_.max_batch);
    if (queue_.size() < group && !closing_) {
        auto const linger = std::min<steady_clock::duration>(last_commit_ / 4, longest_linger);
        wanted_ = group;
        wake_.wait_for(lock, linger, [&] { return closing_ || queue_.size() >= group; });
        wanted_ = 1;
    }
    Batch batch;
    auto const count = std::min(queue_.size(), limits_.max_batch);
    batch.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        queued_bytes_ -= queue_.front()->bytes;
        batch.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    return batch;
}

void Writer::run_in_savepoint(Operation& operation) {
    db_.run("SAVEPOINT operation");
    if (!db_.failed()) operation.execute(db_);
    if (auto error = db_.take_error()) operation.fail(std::move(*error));
    if (!db_.in_transaction()) return;  // SQLite took the whole transaction back
    if (operation.refused()) db_.run("ROLLBACK TO operation");
    db_.run("RELEASE operation");
}

/// Stops at the first that failed and changed something.
Writer::Ran Writer::run_together(Batch& batch) {
    auto const began = steady_clock::now();
    Ran ran;
    while (ran.done < batch.size()) {
        auto const changes = sqlite3_total_changes64(db_.handle());
        auto& operation = *batch[ran.done++];
        operation.execute(db_);
        bool const changed = sqlite3_total_changes64(db_.handle()) != changes;
        ran.spoiled = db_.failed() || (operation.refused() && changed);
        if (ran.spoiled || steady_clock::now() - began > limits_.max_batch_time) break;
    }
    return ran;
}

/// The same, where each can be taken back alone.
Writer::Ran Writer::run_apart(Batch& batch) {
    auto const began = steady_clock::now();
    Ran ran;
    while (ran.done < batch.size()) {
        run_in_savepoint(*batch[ran.done++]);
        ran.spoiled = db_.failed() || !db_.in_transaction();
        if (ran.spoiled || steady_clock::now() - began > limits_.max_batch_time) break;
    }
    return ran;
}

void Writer::commit(Batch batch) {
    auto const began = steady_clock::now();
    wrote_ = false;

    db_.run("BEGIN IMMEDIATE");
    Ran ran{.done = batch.size()};
    if (!db_.failed()) ran = run_together(batch);
    if (ran.spoiled) {
        bool const stays_refused = batch.size() == 1 && !db_.failed();
        static_cast<void>(db_.take_error());
        static_cast<void>(db_.take_disk_refusal());
        if (db_.in_transaction()) db_.run("ROLLBACK");
        db_.run("BEGIN IMMEDIATE");
        ran.spoiled = false;
        if (!stays_refused && !db_.failed()) ran = run_apart(batch);
    }
    if (!db_.failed() && db_.in_transaction()) db_.run("COMMIT");
    auto lost = db_.take_error();
    if (!lost && ran.spoiled)
        lost = Error{Errc::unavailable, "the database took back a group of changes", {}};
    if (lost) {
        if (db_.in_transaction()) db_.run("ROLLBACK");
        static_cast<void>(db_.take_error());
        log_.error("database commit failed", {{"error", lost->message}});
    }

    bool const disk_refused = db_.take_disk_refusal();
    // The log begins again from its start once all of it is settled.
    if (log_pages_ < settled_pages_) settled_pages_ = 0;

    Batch rest;  // did not fit into the time of one commit
    std::move(batch.begin() + static_cast<std::ptrdiff_t>(ran.done), batch.end(),
              std::back_inserter(rest));
    batch.resize(ran.done);
    last_batch_ = batch.size();
    last_commit_ = steady_clock::now() - began;
    {
        std::lock_guard lock(mutex_);
        counts_.operations += batch.size();
        ++counts_.commits;
        refused_ = disk_refused || (refused_ && !wrote_);
        for (auto& operation : rest) queued_bytes_ += operation->bytes;
        queue_.insert(queue_.begin(), std::make_move_iterator(rest.begin()),
                      std::make_move_iterator(rest.end()));
    }
    for (auto& operation : batch) {
        // What it was refused for may have been another's change, which is lost, too.
        if (lost) operation->fail(*lost);
        operation->finish();
    }
}

void Writer::checkpoint_when_above(int pages) {
    if (checkpoints_ == Checkpoints::none || unsettled_pages() < pages) return;
    bool const large =
        log_pages_ > 2 * limits_.most_log_pages && steady_clock::now() >= next_truncate_;
    if (large) next_truncate_ = steady_clock::now() + between_truncations;
    checkpoint(large ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE);
}

void Writer::checkpoint(int mode) {
    int pages = 0;
    int settled = 0;
    // Readers are not waited for: what they still need stays in the log until the next time.
    sqlite3_busy_timeout(db_.handle(), 0);
    int const code = sqlite3_wal_checkpoint_v2(db_.handle(), nullptr, mode, &pages, &settled);
    sqlite3_busy_timeout(db_.handle(), 5'000);
    if (code == SQLITE_OK || code == SQLITE_BUSY) {
        settled_pages_ = std::max(settled, 0);
        log_pages_ = std::max(pages, 0);
    } else {
        auto const error = to_error(code, sqlite3_errmsg(db_.handle()));
        log_.error("database checkpoint failed", {{"error", error.message}});
    }
    std::lock_guard lock(mutex_);
    ++counts_.checkpoints;
}

}  // namespace kaiwa::store::sqlite
