#include "store/sqlite/connection.hpp"

#include "store/sqlite/gathered_log.hpp"

#include <fmt/format.h>

#include <cstring>

namespace kaiwa::store::sqlite {
namespace {

// Waiting for the command line's short transactions, and for a checkpoint in progress.
constexpr int busy_timeout_ms = 5'000;

bool is_of_the_disk(int code) {
    switch (code & 0xFF) {
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
            return true;
        default:
            return false;
    }
}

/// SQLite's own count of its memory costs a lock for every allocation, and nobody reads it.
void count_no_memory() {
    static int const done = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    static_cast<void>(done);
}

}  // namespace

Error to_error(int code, std::string_view detail) {
    auto const text = [&](std::string_view what) {
        return fmt::format("the database {} (SQLite {}: {})", what, code, detail);
    };
    switch (code & 0xFF) {
        case SQLITE_FULL:
            return {Errc::unavailable, text("has no disk space left; free some"), {}};
        case SQLITE_IOERR:
            return {Errc::unavailable, text("could not read or write its disk"), {}};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {Errc::unavailable, text("is locked by another process; try again"), {}};
        case SQLITE_NOMEM:
            return {Errc::unavailable, text("has no memory left"), {}};
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return {Errc::unavailable, text("cannot be opened for writing; check its owner"), {}};
        case SQLITE_INTERRUPT:
            return {Errc::timed_out, text("took too long to answer"), {}};
        case SQLITE_TOOBIG:
            return {Errc::too_large, text("does not take a value this large"), {}};
        case SQLITE_CONSTRAINT:
            return {Errc::conflict, text("has something else there"), {}};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {Errc::unavailable, text("file is damaged; restore it from a backup"), {}};
        default:
            return {Errc::internal, text("refused a statement"), {}};
    }
}

Query::~Query() {
    if (statement_) connection_->reset(statement_);
}

bool Query::row() {
    if (!statement_ || connection_->failed()) return false;
    int const code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) connection_->record(code);
    return false;
}

std::string_view Query::view(int column) const {
    auto const* bytes = static_cast<char const*>(sqlite3_column_blob(statement_, column));
    auto const size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return bytes ? std::string_view(bytes, size) : std::string_view();
}

std::optional<std::int64_t> Query::optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

std::optional<double> Query::optional_real(int column) const {
    if (is_null(column)) return std::nullopt;
    return real(column);
}

std::optional<std::string> Query::optional_text(int column) const {
    if (is_null(column)) return std::nullopt;
    return text(column);
}

std::optional<Timestamp> Query::optional_time(int column) const {
    if (is_null(column)) return std::nullopt;
    return time(column);
}

void Query::read_uuid(int column, Uuid& out) const {
    auto const bytes = view(column);
    if (bytes.size() == out.bytes.size()) {
        std::memcpy(out.bytes.data(), bytes.data(), bytes.size());
    }
}

Result<Connection> Connection::open(std::filesystem::path const& file, Mode mode) {
    int const flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW |
                      (mode == Mode::read_only ? SQLITE_OPEN_READONLY
                                               : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    count_no_memory();
    sqlite3* db = nullptr;
    int const code = sqlite3_open_v2(file.c_str(), &db, flags, gathered_log_vfs());
    Connection connection(db);
    if (code != SQLITE_OK) {
        auto error = to_error(code, db ? sqlite3_errmsg(db) : "out of memory");
        error.message = fmt::format("{}: {}", file.string(), error.message);
        return std::unexpected(std::move(error));
    }
    sqlite3_busy_timeout(db, busy_timeout_ms);
    // Only the server's writer checkpoints, and says so itself.
    sqlite3_wal_autocheckpoint(db, 0);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
    connection.run("PRAGMA synchronous = FULL");
    connection.run("PRAGMA temp_store = MEMORY");
    connection.run("PRAGMA cache_size = -8000");  // KiB, taken as needed
    connection.run("PRAGMA secure_delete = FAST");
    if (auto error = connection.take_error()) return std::unexpected(std::move(*error));
    return connection;
}

sqlite3_stmt* Connection::prepare(Sql sql) {
    if (failed()) return nullptr;
    auto& cached = statements_[sql.data()];
    if (!cached) {
        sqlite3_stmt* made = nullptr;
        int const code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                            SQLITE_PREPARE_PERSISTENT, &made, nullptr);
        if (code != SQLITE_OK) {
            statements_.erase(sql.data());
            record(code);
            return nullptr;
        }
        cached.reset(made);
    } else if (sqlite3_stmt_busy(cached.get())) {
        error_ = Error{Errc::internal, "a statement was started again before it ended", {}};
        return nullptr;
    }
    return cached.get();
}

std::int64_t Connection::finish(sqlite3_stmt* statement) {
    if (!statement || failed()) return 0;
    int code = SQLITE_ROW;
    while (code == SQLITE_ROW) code = sqlite3_step(statement);
    std::int64_t changed = 0;
    if (code == SQLITE_DONE) {
        changed = sqlite3_changes64(db_.get());
    } else {
        record(code);
    }
    reset(statement);
    return changed;
}

void Connection::reset(sqlite3_stmt* statement) {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

void Connection::record(int code) {
    disk_refused_ |= is_of_the_disk(code);
    if (!error_) error_ = to_error(code, sqlite3_errmsg(db_.get()));
}

std::optional<Error> Connection::take_error() {
    return std::exchange(error_, std::nullopt);
}

}  // namespace kaiwa::store::sqlite
