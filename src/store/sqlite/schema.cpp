#include "store/sqlite/schema.hpp"

#include <fmt/format.h>

#include <array>

namespace kaiwa::store::sqlite {
namespace {

// Numbers of enumerations are those of the C++ enumerators, times are milliseconds since 1970, ids
// are the 16 bytes of the UUID. `n` grows with time and orders things; it never leaves the store.
constexpr Sql version_1 = R"sql(
CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role INTEGER NOT NULL,
    disabled INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER,
    password_hash TEXT NOT NULL
) STRICT;

CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    user BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    user_agent TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_of_user ON sessions (user);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE api_keys (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    user BLOB REFERENCES users (id) ON DELETE CASCADE,
    key_hash BLOB NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT;
CREATE UNIQUE INDEX api_keys_by_name ON api_keys (ifnull(user, x''), name);
CREATE INDEX api_keys_of_user ON api_keys (user);

CREATE TABLE providers (
    name TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    base_url TEXT NOT NULL,
    models TEXT NOT NULL,
    options TEXT NOT NULL,
    api_key BLOB
) STRICT;

CREATE TABLE threads (
    n INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    owner BLOB NOT NULL,
    title TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    archived INTEGER NOT NULL,
    deleted_at INTEGER,
    head INTEGER,
    model TEXT,
    temperature REAL,
    top_p REAL,
    max_tokens INTEGER,
    system_prompt TEXT
) STRICT;
CREATE INDEX threads_live ON threads (owner, archived, updated_at, n) WHERE deleted_at IS NULL;
CREATE INDEX threads_deleted ON threads (deleted_at) WHERE deleted_at IS NOT NULL;

-- `key` is the digest of the request that the message's id is the idempotency key of.
CREATE TABLE messages (
    n INTEGER PRIMARY KEY,
    thread INTEGER NOT NULL REFERENCES threads (n) ON DELETE CASCADE,
    parent INTEGER,
    depth INTEGER NOT NULL,
    role INTEGER NOT NULL,
    state INTEGER NOT NULL,
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    key BLOB,
    model TEXT,
    finish TEXT,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cached_tokens INTEGER,
    reasoning_tokens INTEGER,
    text TEXT NOT NULL DEFAULT '',
    reasoning TEXT NOT NULL DEFAULT '',
    error TEXT,
    steps TEXT NOT NULL DEFAULT '[]',
    citations TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE UNIQUE INDEX messages_by_id ON messages (thread, id);
CREATE INDEX messages_by_parent ON messages (thread, parent);

CREATE TABLE feedback (
    message INTEGER PRIMARY KEY REFERENCES messages (n) ON DELETE CASCADE,
    value INTEGER NOT NULL,
    comment TEXT NOT NULL
) STRICT;

-- `n` is that of the answer. `last_segment` ends the chain of the generation's log.
CREATE TABLE generations (
    n INTEGER PRIMARY KEY REFERENCES messages (n) ON DELETE CASCADE,
    thread INTEGER NOT NULL,
    id BLOB NOT NULL UNIQUE,
    state INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    last_event INTEGER NOT NULL DEFAULT 0,
    sendable INTEGER NOT NULL DEFAULT 0,
    text_bytes INTEGER NOT NULL DEFAULT 0,
    stop_requested INTEGER NOT NULL DEFAULT 0,
    last_segment INTEGER,
    ended_at INTEGER
) STRICT;
CREATE INDEX generations_running ON generations (thread) WHERE state = 0;
CREATE INDEX generations_with_log ON generations (ended_at)
    WHERE ended_at IS NOT NULL AND last_segment IS NOT NULL;

-- Segments are appended at the end of the table, whoever they belong to, so that the writes of many
-- generations share pages; `previous` chains those of one generation, newest first.
CREATE TABLE segments (
    n INTEGER PRIMARY KEY,
    previous INTEGER,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    frames TEXT NOT NULL,
    text TEXT NOT NULL,
    reasoning TEXT NOT NULL
) STRICT;

CREATE TABLE files (
    n INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    owner BLOB NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    attached INTEGER NOT NULL DEFAULT 0,
    deleted_at INTEGER
) STRICT;
CREATE INDEX files_of_owner ON files (owner);
CREATE INDEX files_unattached ON files (created_at) WHERE attached = 0;

CREATE TABLE message_files (
    message INTEGER NOT NULL REFERENCES messages (n) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    file INTEGER NOT NULL REFERENCES files (n),
    PRIMARY KEY (message, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_files_by_file ON message_files (file);

-- Blobs whose rows are gone and whose bytes are still to be removed.
CREATE TABLE blob_trash (
    id BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- For each whole message a filter of the character pairs in it, kept by owner: a search reads its
-- owner's filters from the newest back and looks only into messages that may match.
CREATE TABLE search_filters (
    owner BLOB NOT NULL,
    message INTEGER NOT NULL,
    filter BLOB NOT NULL,
    PRIMARY KEY (owner, message)
) STRICT, WITHOUT ROWID;

PRAGMA application_id = 0x4B616977;
PRAGMA user_version = 1;
)sql";

// What a turn that another process is to run needs, until one claims it.
constexpr Sql version_2 = R"sql(
ALTER TABLE generations ADD COLUMN handover TEXT;

PRAGMA user_version = 2;
)sql";

// Whether a thread stays when nobody deletes it.
constexpr Sql version_3 = R"sql(
ALTER TABLE threads ADD COLUMN stay INTEGER NOT NULL DEFAULT 0;
CREATE INDEX threads_passing ON threads (updated_at) WHERE stay = 1 AND deleted_at IS NULL;

PRAGMA user_version = 3;
)sql";

// `stay` is a number of days; 0: for good.
constexpr Sql version_4 = R"sql(
DROP INDEX threads_passing;
CREATE INDEX threads_passing ON threads (updated_at + stay * 86400000)
    WHERE stay > 0 AND deleted_at IS NULL;

PRAGMA user_version = 4;
)sql";

// Whose belongings are hidden once more: what requests on their way made after the deletion.
constexpr Sql version_5 = R"sql(
CREATE TABLE departed (
    id BLOB NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 5;
)sql";

constexpr std::array versions = {version_1, version_2, version_3, version_4, version_5};

std::int64_t value_of(Query query) {
    return query.row() ? query.integer(0) : 0;
}

void run_script(Connection& db, Sql script) {
    if (db.failed()) return;
    int const code = sqlite3_exec(db.handle(), script.data(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) db.record(sqlite3_extended_errcode(db.handle()));
}

Result<void> check_version(std::int64_t application, std::int64_t version) {
    if (version != 0 && application != application_id) {
        return fail(Errc::unsupported,
                    "the database file was made by another program; choose another data folder");
    }
    if (version > static_cast<std::int64_t>(versions.size())) {
        return fail(Errc::unsupported,
                    fmt::format("the database has version {}, this Kaiwa knows up to {}; start the "
                                "newer Kaiwa, or restore a backup",
                                version, versions.size()));
    }
    return {};
}

/// Readers beside a writer, and commits that cost one write, need it. SQLite answers with the mode
/// that it took, which is another one where it could not.
Result<void> use_wal(Connection& db) {
    std::string mode;
    {
        auto row = db.query("PRAGMA journal_mode = WAL");
        if (row.row()) mode = row.text(0);
    }
    if (auto error = db.take_error()) return std::unexpected(std::move(*error));
    if (mode == "wal") return {};
    return fail(Errc::unsupported,
                fmt::format("the database needs a write-ahead log, and SQLite keeps to the journal "
                            "\"{}\" here: the file system has no shared memory, as those of a "
                            "network; put the data folder on a local disk",
                            mode));
}

}  // namespace

Result<void> check_known(Connection& db) {
    auto const version = value_of(db.query("PRAGMA user_version"));
    auto const application = value_of(db.query("PRAGMA application_id"));
    if (auto error = db.take_error()) return std::unexpected(std::move(*error));
    return check_version(application, version);
}

Result<void> check_newest(Connection& db) {
    if (auto known = check_known(db); !known) return known;
    auto const version = value_of(db.query("PRAGMA user_version"));
    if (auto error = db.take_error()) return std::unexpected(std::move(*error));
    if (version == static_cast<std::int64_t>(versions.size())) return {};
    return fail(Errc::unsupported,
                fmt::format("the database has version {}, and who only looks does not bring it to {}; "
                            "look with the Kaiwa that runs on it, or start this one's server first",
                            version, versions.size()));
}

Result<void> migrate(Connection& db) {
    if (auto known = check_known(db); !known) return known;
    if (auto wal = use_wal(db); !wal) return wal;
    auto version = value_of(db.query("PRAGMA user_version"));
    if (version == static_cast<std::int64_t>(versions.size())) return {};

    db.run("BEGIN IMMEDIATE");
    version = value_of(db.query("PRAGMA user_version"));  // another process may have been first
    for (auto i = static_cast<std::size_t>(version); i < versions.size(); ++i) {
        run_script(db, versions[i]);
    }
    db.run("COMMIT");
    auto error = db.take_error();
    if (!error) return {};
    if (db.in_transaction()) db.run("ROLLBACK");
    return std::unexpected(std::move(*error));
}

}  // namespace kaiwa::store::sqlite
