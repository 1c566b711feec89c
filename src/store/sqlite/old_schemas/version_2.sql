-- Frozen: what a database of this version is. Never to change with the code.
ALTER TABLE generations ADD COLUMN handover TEXT;

PRAGMA user_version = 2;
