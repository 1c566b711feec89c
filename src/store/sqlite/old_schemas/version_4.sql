-- Frozen: what a database of this version is. Never to change with the code.
DROP INDEX threads_passing;
CREATE INDEX threads_passing ON threads (updated_at + stay * 86400000)
    WHERE stay > 0 AND deleted_at IS NULL;

PRAGMA user_version = 4;
