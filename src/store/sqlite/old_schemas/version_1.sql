-- Frozen: what a database of this version is. Never to change with the code.
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

-- Rows, as this version wrote them. Ids end in 01 (a person), 11 and 12 (threads), 21 to 24
-- (messages), 31 and 32 (generations), 41 (a file), 51 (a session), 61 (a key).
INSERT INTO users VALUES (x'0190a000000070008000000000000001', 'ann', 'Ann', 2, 0, 1780000000000, 1780000000001, 'hash of ann');
INSERT INTO sessions VALUES (x'0190a000000070008000000000000051', x'0190a000000070008000000000000001', x'aa', 1780000000000, 1780000000000, 1999000000000, 'a browser');
INSERT INTO api_keys VALUES (x'0190a000000070008000000000000061', 'script', x'0190a000000070008000000000000001', x'bb', 'kw_abc', 1780000000000, NULL);
INSERT INTO providers VALUES ('local', 'openai', 'http://127.0.0.1:1/v1', '["m"]', '{}', NULL);
INSERT INTO threads (n, id, owner, title, created_at, updated_at, archived, head, model, temperature)
    VALUES (1, x'0190a000000070008000000000000011', x'0190a000000070008000000000000001', '古い話', 1780000000000, 1780000000000, 0, 2, 'local/m', 0.5);
INSERT INTO messages (n, thread, depth, role, state, id, created_at, key, text)
    VALUES (1, 1, 0, 0, 1, x'0190a000000070008000000000000021', 1780000000000, x'cc', 'question');
INSERT INTO messages (n, thread, parent, depth, role, state, id, created_at, model, finish, input_tokens, output_tokens, text)
    VALUES (2, 1, 1, 1, 1, 1, x'0190a000000070008000000000000022', 1780000000000, 'local/m', 'stop', 3, 5, '答え');
INSERT INTO feedback VALUES (2, 0, 'good');
INSERT INTO segments VALUES (1, NULL, 1, 1, 'id: 1', '答え', '');
INSERT INTO generations (n, thread, id, state, epoch, lease_until, last_event, sendable, text_bytes, last_segment, ended_at)
    VALUES (2, 1, x'0190a000000070008000000000000031', 1, 1, 1780000000000, 1, 1, 6, 1, 1789999999000);
INSERT INTO files VALUES (1, x'0190a000000070008000000000000041', x'0190a000000070008000000000000001', 'f.txt', 'text/plain', 5, 1780000000000, 1, NULL);
INSERT INTO message_files VALUES (1, 0, 1);
-- A thread whose answer was being written.
INSERT INTO threads (n, id, owner, title, created_at, updated_at, archived, head)
    VALUES (2, x'0190a000000070008000000000000012', x'0190a000000070008000000000000001', 'running', 1780000000000, 1780000000000, 0, 4);
INSERT INTO messages (n, thread, depth, role, state, id, created_at, key, text)
    VALUES (3, 2, 0, 0, 1, x'0190a000000070008000000000000023', 1780000000000, x'dd', 'another');
INSERT INTO messages (n, thread, parent, depth, role, state, id, created_at)
    VALUES (4, 2, 3, 1, 1, 0, x'0190a000000070008000000000000024', 1780000000000);
INSERT INTO segments VALUES (2, NULL, 1, 1, 'id: 1', 'half', '');
INSERT INTO generations (n, thread, id, state, epoch, lease_until, last_event, sendable, text_bytes, last_segment)
    VALUES (4, 2, x'0190a000000070008000000000000032', 0, 1, 1780000000000, 1, 1, 4, 2);
