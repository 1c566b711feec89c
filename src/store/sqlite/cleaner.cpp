#include "store/sqlite/cleaner.hpp"

#include "base/wait.hpp"
#include "store/common/departed.hpp"
#include "store/sqlite/user_rows.hpp"

#include <array>

namespace kaiwa::store::sqlite {
namespace {

constexpr std::chrono::minutes between_rounds{5};
constexpr std::size_t rows_a_step = 128;

/// Removes the newest segments of a chain, at most `most` of them; `last` becomes what is left.
std::size_t remove_segments(Connection& db, std::optional<std::int64_t>& last, std::size_t most) {
    std::size_t removed = 0;
    while (last && removed < most) {
        std::optional<std::int64_t> previous;
        {
            auto row = db.query("SELECT previous FROM segments WHERE n = ?1", *last);
            if (row.row()) previous = row.optional_integer(0);
        }
        db.run("DELETE FROM segments WHERE n = ?1", *last);
        last = previous;
        ++removed;
        if (db.failed()) break;
    }
    return removed;
}

std::size_t remove_log(Connection& db, Timestamp now) {
    std::int64_t generation = 0;
    std::optional<std::int64_t> last;
    {
        auto row = db.query(
            "SELECT n, last_segment FROM generations "
            "WHERE ended_at IS NOT NULL AND last_segment IS NOT NULL AND ended_at < ?1 "
            "ORDER BY ended_at LIMIT 1",
            now - chat::event_retention);
        if (!row.row()) return 0;
        generation = row.integer(0);
        last = row.optional_integer(1);
    }
    auto const removed = remove_segments(db, last, rows_a_step);
    db.run("UPDATE generations SET last_segment = ?2 WHERE n = ?1", generation, last);
    return removed;
}

/// Moves files to the trash that no message has any more.
std::size_t discard_file(Connection& db, std::int64_t file) {
    auto const discarded = db.run(
        "INSERT OR IGNORE INTO blob_trash (id) SELECT f.id FROM files f "
        "WHERE f.n = ?1 AND NOT EXISTS (SELECT 1 FROM message_files a WHERE a.file = f.n)",
        file);
    if (discarded == 0) return 0;
    db.run("DELETE FROM files WHERE n = ?1", file);
    return 1;
}

/// False when a part of the message's log is left for the next step.
bool remove_message(Connection& db, std::int64_t message, std::string_view owner,
                    std::size_t& removed) {
    std::optional<std::int64_t> last;
    {
        auto row = db.query("SELECT last_segment FROM generations WHERE n = ?1", message);
        if (row.row()) last = row.optional_integer(0);
    }
    removed += remove_segments(db, last, rows_a_step);
    if (last) {
        db.run("UPDATE generations SET last_segment = ?2 WHERE n = ?1", message, last);
        return false;
    }
    std::vector<std::int64_t> files;
    {
        auto row = db.query("SELECT file FROM message_files WHERE message = ?1", message);
        while (row.row()) files.push_back(row.integer(0));
    }
    db.run("DELETE FROM search_filters WHERE owner = ?1 AND message = ?2", Bytes{owner}, message);
    db.run("DELETE FROM messages WHERE n = ?1", message);  // and what refers to it
    for (auto const file : files) removed += discard_file(db, file);
    ++removed;
    return true;
}

std::size_t remove_thread(Connection& db, Timestamp now) {
    std::int64_t thread = 0;
    std::string owner;
    {
        auto row = db.query(
            "SELECT n, owner FROM threads WHERE deleted_at IS NOT NULL AND deleted_at <= ?1 "
            "ORDER BY deleted_at LIMIT 1",
            now - chat::deleted_retention);
        if (!row.row()) return 0;
        thread = row.integer(0);
        owner = row.text(1);
    }
    std::vector<std::int64_t> messages;
    {
        auto row = db.query("SELECT n FROM messages WHERE thread = ?1 ORDER BY n DESC LIMIT ?2",
                            thread, rows_a_step);
        while (row.row()) messages.push_back(row.integer(0));
    }
    std::size_t removed = 0;
    for (auto const message : messages) {
        if (!remove_message(db, message, owner, removed) || removed >= rows_a_step) return removed;
    }
    if (messages.size() == rows_a_step) return removed;
    db.run("DELETE FROM threads WHERE n = ?1", thread);
    return removed + 1;
}

/// Deletes threads that pass, as their owners would.
std::size_t delete_passing(Connection& db, Timestamp now) {
    auto const deleted = db.run(
        "UPDATE threads SET deleted_at = ?1 WHERE n IN "
        "(SELECT n FROM threads WHERE stay > 0 AND deleted_at IS NULL "
        "AND updated_at + stay * 86400000 <= ?1 LIMIT ?2)",
        now, rows_a_step);
    return static_cast<std::size_t>(deleted);
}

/// Files that were uploaded and never sent.
std::size_t remove_files(Connection& db, Timestamp now) {
    std::vector<std::int64_t> files;
    {
        auto row = db.query("SELECT n FROM files WHERE attached = 0 AND created_at <= ?1 LIMIT ?2",
                            now - chat::deleted_retention, rows_a_step);
        while (row.row()) files.push_back(row.integer(0));
    }
    std::size_t removed = 0;
    for (auto const file : files) removed += discard_file(db, file);
    return removed;
}

std::size_t remove_sessions(Connection& db, Timestamp now) {
    auto const removed = db.run(
        "DELETE FROM sessions WHERE id IN "
        "(SELECT id FROM sessions WHERE expires_at < ?1 LIMIT ?2)",
        now, rows_a_step);
    return static_cast<std::size_t>(removed);
}

std::size_t hide_departed(Connection& db, Timestamp now) {
    std::optional<UserId> owner;
    {
        auto row = db.query("SELECT id FROM departed WHERE at <= ?1 LIMIT 1",
                            now - departed_for);
        if (row.row()) owner = row.id<UserId>(0);
    }
    if (!owner) return 0;
    bool const is_back = db.query("SELECT 1 FROM users WHERE id = ?1", *owner).row();
    if (!is_back) hide_belongings(db, *owner, now);
    db.run("DELETE FROM departed WHERE id = ?1", *owner);
    return 1;
}

constexpr std::array steps = {&remove_log,   &delete_passing,  &remove_thread,
                              &remove_files, &remove_sessions, &hide_departed};

}  // namespace

asio::awaitable<Result<std::size_t>> Cleaner::clean_once(chat::BlobStore& blobs) {
    std::size_t total = 0;
    for (auto const step : steps) {
        for (;;) {
            bool const stopped = co_await stop_requested();
            if (stopped) break;
            auto work = [step, &clock = engine_.clock](Connection& db) -> Result<std::size_t> {
                return step(db, clock.now());
            };
            auto const removed = co_await engine_.writer.run(std::move(work));
            if (!removed) co_return removed;
            if (*removed == 0) break;
            total += *removed;
        }
    }
    auto const emptied = co_await empty_trash(blobs);
    if (!emptied) co_return emptied;
    co_return total + *emptied;
}

asio::awaitable<Result<std::size_t>> Cleaner::empty_trash(chat::BlobStore& blobs) {
    std::size_t total = 0;
    std::size_t kept = 0;
    for (FileId last{};;) {
        bool const stopped = co_await stop_requested();
        if (stopped) break;
        auto look = [last](Connection& db) -> Result<std::vector<FileId>> {
            std::vector<FileId> ids;
            auto row = db.query("SELECT id FROM blob_trash WHERE id > ?1 ORDER BY id LIMIT ?2",
                                last, rows_a_step);
            while (row.row()) ids.push_back(row.id<FileId>(0));
            return ids;
        };
        auto ids = co_await engine_.readers.run(std::move(look));
        if (!ids) co_return std::unexpected(ids.error());
        if (ids->empty()) break;
        last = ids->back();
        std::vector<FileId> gone;
        for (auto const& id : *ids) {
            // The row goes after the bytes: a crash between them only removes them again.
            auto const removed = co_await blobs.remove(id);
            if (removed) gone.push_back(id);
            // One that stays keeps none of the others. The first stands for all in the log.
            if (!removed && kept++ == 0)
                engine_.log.warning("file_not_removed",
                                    {{"file", id.text()}, {"reason", removed.error().message}});
        }
        auto const count = gone.size();
        auto forget = [gone = std::move(gone)](Connection& db) -> Result<void> {
            for (auto const& id : gone) db.run("DELETE FROM blob_trash WHERE id = ?1", id);
            return {};
        };
        auto const forgotten = co_await engine_.writer.run(std::move(forget));
        if (!forgotten) co_return std::unexpected(forgotten.error());
        total += count;
    }
    if (kept > 1) engine_.log.warning("files_not_removed", {{"files", kept}});
    co_return total;
}

asio::awaitable<void> Cleaner::keep_clean(chat::BlobStore& blobs) {
    do {
        auto const removed = co_await clean_once(blobs);
        if (!removed) {
            engine_.log.error("cleaning failed", {{"error", removed.error().message}});
        } else if (*removed > 0) {
            engine_.log.info("removed what was past its time", {{"rows", *removed}});
        }
    } while (co_await sleep_for(between_rounds));
}

}  // namespace kaiwa::store::sqlite
