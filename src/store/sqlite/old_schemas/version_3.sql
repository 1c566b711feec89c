-- Frozen: what a database of this version is. Never to change with the code.
ALTER TABLE threads ADD COLUMN stay INTEGER NOT NULL DEFAULT 0;
CREATE INDEX threads_passing ON threads (updated_at) WHERE stay = 1 AND deleted_at IS NULL;

PRAGMA user_version = 3;

-- A thread that passes, and one that does and was asked in again just before.
INSERT INTO threads (n, id, owner, title, created_at, updated_at, archived, stay)
    VALUES (3, x'0190a000000070008000000000000013', x'0190a000000070008000000000000001', 'passing', 1780000000000, 1780000000000, 0, 1),
           (4, x'0190a000000070008000000000000014', x'0190a000000070008000000000000001', 'passing later', 1780000000000, 1789990000000, 0, 1);
