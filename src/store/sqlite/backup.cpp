#include "base/clock.hpp"
#include "store/sqlite/data_lock.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>

namespace kaiwa::store::sqlite {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> cannot(std::string_view what, fs::path const& path,
                              std::error_code const& error) {
    return fail(Errc::unavailable,
                fmt::format("cannot {} {}: {}", what, path.string(), error.message()));
}

/// Everything written to the disk that holds `folder` is durable after this.
Result<void> flush_disk_of(fs::path const& folder) {
    int const fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool const done = fd >= 0 && ::syncfs(fd) == 0;
    std::error_code const error(errno, std::generic_category());
    if (fd >= 0) ::close(fd);
    if (done) return {};
    return cannot("flush the disk of", folder, error);
}

/// Copies files by their ids; those being written, and those that went meanwhile, are left out.
Result<void> copy_files(fs::path const& from, fs::path const& to) {
    std::error_code error;
    fs::create_directories(to, error);
    if (error) return cannot("make", to, error);
    if (!fs::is_directory(from)) return {};
    for (auto const& entry : fs::recursive_directory_iterator(from, error)) {
        auto const name = fs::relative(entry.path(), from, error);
        if (error) break;
        if (*name.begin() == "unfinished" || !entry.is_regular_file(error)) continue;
        fs::create_directories((to / name).parent_path(), error);
        fs::copy_file(entry.path(), to / name, error);
        if (error == std::errc::no_such_file_or_directory) error.clear();
        if (error) return cannot("copy", entry.path(), error);
    }
    if (error) return cannot("read", from, error);
    return {};
}

Result<void> copy_database(Connection& from, Connection& to) {
    auto* copy = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
    // One step, so that it is one state of the database, whatever is written meanwhile.
    int code = copy ? sqlite3_backup_step(copy, -1) : sqlite3_errcode(to.handle());
    if (copy) sqlite3_backup_finish(copy);
    if (code == SQLITE_DONE) return {};
    return std::unexpected(to_error(code, sqlite3_errmsg(to.handle())));
}

Result<void> check_database(Connection& db) {
    bool const ours = [&] {
        auto row = db.query("PRAGMA application_id");
        return row.row() && row.integer(0) == application_id;
    }();
    bool const whole = ours && [&] {
        auto row = db.query("PRAGMA quick_check(1)");
        return row.row() && row.view(0) == "ok";
    }();
    static_cast<void>(db.take_error());
    if (whole) {
        auto known = check_known(db);
        if (!known) known.error().message.insert(0, "the backup's kaiwa.db: ");
        return known;
    }
    return fail(Errc::invalid_argument,
                "the backup's kaiwa.db is damaged or not Kaiwa's; choose another backup");
}

/// What is being made, gone again unless it was finished.
class Unfinished {
public:
    explicit Unfinished(fs::path path) : path_(std::move(path)) { remove(); }
    ~Unfinished() { remove(); }
    Unfinished(Unfinished const&) = delete;
    Unfinished& operator=(Unfinished const&) = delete;

    [[nodiscard]] fs::path const& path() const { return path_; }
    Result<void> put_in_place(fs::path const& place) {
        std::error_code error;
        fs::rename(path_, place, error);
        if (error) return cannot("put in place", path_, error);
        return {};
    }
    /// It is finished where it lies.
    void keep() { is_kept_ = true; }

private:
    void remove() {
        if (is_kept_) return;
        std::error_code ignored;
        // With what SQLite leaves beside a database; nothing of the copy is in it.
        for (auto const* end : {"", "-wal", "-shm", "-journal"})
            fs::remove_all(path_.string() + end, ignored);
    }

    fs::path path_;
    bool is_kept_ = false;
};

/// The database of a backup has this name until all is there.
fs::path unfinished_database(fs::path const& target) {
    return database_file(target).string() + ".unfinished";
}

bool is_inside(fs::path const& path, fs::path const& folder) {
    std::error_code ignored;
    auto const inner = fs::weakly_canonical(path, ignored) / "";
    auto const outer = fs::weakly_canonical(folder, ignored);
    return std::ranges::mismatch(outer, inner).in1 == outer.end();
}

/// Whether nothing is in it but what a backup that broke off left there.
Result<bool> is_free(fs::path const& target) {
    std::error_code error;
    if (!fs::exists(target, error) && !error) return true;
    auto const mark = unfinished_database(target);
    bool const broke_off = fs::exists(mark, error);
    bool free = true;
    for (auto const& entry : fs::directory_iterator(target, error)) {
        auto const name = entry.path().filename().string();
        free &= broke_off && (name == "files" || name.starts_with(mark.filename().string()));
    }
    if (error) return cannot("read", target, error);
    return free;
}

/// Keeps a second backup out of the folder, where its file system can.
class TargetLock {
public:
    explicit TargetLock(fs::path const& folder)
        : folder_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
          is_taken_(folder_ >= 0 && ::flock(folder_, LOCK_EX | LOCK_NB) != 0 &&
                    errno == EWOULDBLOCK) {}
    ~TargetLock() {
        if (folder_ >= 0) ::close(folder_);
    }
    TargetLock(TargetLock const&) = delete;
    TargetLock& operator=(TargetLock const&) = delete;

    [[nodiscard]] bool is_taken() const { return is_taken_; }

private:
    int folder_;
    bool is_taken_;
};

/// The database of a backup at `copy`. What a log beside it holds, as in data that were set aside,
/// belongs to it.
Result<void> fetch_database(fs::path const& source, fs::path const& copy) {
    std::error_code error;
    if (!fs::exists(source.string() + "-wal", error)) {
        fs::copy_file(source, copy, error);
        if (error) return cannot("copy", source, error);
        return {};
    }
    auto from = Connection::open(source, Connection::Mode::read_write);
    if (!from) return std::unexpected(from.error());
    make_private_file(copy);
    auto to = Connection::open(copy, Connection::Mode::read_write);
    if (!to) return std::unexpected(to.error());
    return copy_database(*from, *to);
}

/// Tells where to, if anything was there.
Result<std::optional<fs::path>> move_away(fs::path const& data_dir, Clock const& clock) {
    auto stamp = to_rfc3339(clock.now());
    std::erase_if(stamp, [](char c) { return c == ':' || c == '-' || c == '.'; });
    auto const old = data_dir / ("before-restore-" + stamp);
    std::optional<fs::path> moved_to;
    for (char const* name : {"kaiwa.db", "kaiwa.db-wal", "kaiwa.db-shm", "files"}) {
        std::error_code error;
        if (!fs::exists(data_dir / name, error)) continue;
        fs::create_directories(old, error);
        fs::rename(data_dir / name, old / name, error);
        if (error) return cannot("move away", data_dir / name, error);
        moved_to = old;
    }
    return moved_to;
}

std::size_t count_sealed_keys(Connection& db) {
    auto row = db.query("SELECT count(*) FROM providers WHERE api_key IS NOT NULL");
    return row.row() ? static_cast<std::size_t>(row.integer(0)) : 0;
}

}  // namespace

Result<void> backup(fs::path const& data_dir, fs::path const& target) {
    std::error_code error;
    if (!fs::exists(database_file(data_dir), error)) {
        if (error) return cannot("reach", database_file(data_dir), error);
        return fail(Errc::not_found, fmt::format("there is no kaiwa.db in {}; name the data folder",
                                                 data_dir.string()));
    }
    if (is_inside(target, data_dir)) {
        return fail(Errc::invalid_argument,
                    fmt::format("{} is in the data folder {}; name a folder outside of it",
                                target.string(), data_dir.string()));
    }
    auto const not_empty = [&target] {
        return fail(Errc::conflict, fmt::format("{} is not empty; name a new folder for the backup",
                                                target.string()));
    };
    auto free = is_free(target);
    if (!free) return std::unexpected(free.error());
    if (!*free) return not_empty();
    fs::create_directories(target, error);
    if (error) return cannot("make", target, error);
    fs::permissions(target, fs::perms::owner_all, error);
    TargetLock const lock(target);
    if (lock.is_taken()) {
        return fail(Errc::conflict, fmt::format("another backup is being made in {}; name another "
                                                "folder, or wait",
                                                target.string()));
    }
    free = is_free(target);
    if (!free || !*free) return not_empty();  // another backup ended meanwhile

    auto from = Connection::open(database_file(data_dir), Connection::Mode::read_write);
    if (!from) return std::unexpected(from.error());
    auto const place = database_file(target);
    Unfinished database(unfinished_database(target));
    make_private_file(database.path());
    Unfinished files(target / "files");
    {
        auto to = Connection::open(database.path(), Connection::Mode::read_write);
        if (!to) return std::unexpected(to.error());
        if (auto copied = copy_database(*from, *to); !copied) return copied;
    }
    // The files after the database: every file that its rows name was stored before.
    if (auto copied = copy_files(data_dir / "files", files.path()); !copied) return copied;
    // It has its name once all is there, so that nobody restores a part of a backup.
    if (auto flushed = flush_disk_of(target); !flushed) return flushed;
    if (auto placed = database.put_in_place(place); !placed) return placed;
    files.keep();
    return flush_disk_of(target);
}

Result<Restored> restore(fs::path const& source, fs::path const& data_dir, Clock const& clock) {
    if (auto made = make_data_dir(data_dir); !made) return std::unexpected(made.error());
    auto const lock = DataLock::take(data_dir);
    if (!lock) return std::unexpected(lock.error());
    std::error_code error;
    if (!fs::exists(source / "kaiwa.db", error)) {
        return fail(Errc::invalid_argument,
                    fmt::format("there is no kaiwa.db in {}; name a folder that backup made",
                                source.string()));
    }
    if (fs::equivalent(source, data_dir, error)) {
        return fail(Errc::invalid_argument,
                    fmt::format("{} is the data folder itself; name a folder that backup made",
                                source.string()));
    }
    Restored restored;
    Unfinished database(database_file(data_dir).parent_path() / "kaiwa.db.restoring");
    Unfinished files(data_dir / "files.restoring");
    if (auto fetched = fetch_database(database_file(source), database.path()); !fetched)
        return std::unexpected(fetched.error());
    {
        auto db = Connection::open(database.path(), Connection::Mode::read_write);
        if (!db) return std::unexpected(db.error());
        if (auto whole = check_database(*db); !whole) return std::unexpected(whole.error());
        restored.sealed_keys = count_sealed_keys(*db);
    }
    if (auto copied = copy_files(source / "files", files.path()); !copied)
        return std::unexpected(copied.error());
    if (auto flushed = flush_disk_of(data_dir); !flushed) return std::unexpected(flushed.error());

    auto moved = move_away(data_dir, clock);
    if (!moved) return std::unexpected(moved.error());
    restored.moved_to = std::move(*moved);
    if (auto placed = files.put_in_place(data_dir / "files"); !placed)
        return std::unexpected(placed.error());
    if (auto placed = database.put_in_place(database_file(data_dir)); !placed)
        return std::unexpected(placed.error());
    if (auto flushed = flush_disk_of(data_dir); !flushed) return std::unexpected(flushed.error());
    return restored;
}

}  // namespace kaiwa::store::sqlite
