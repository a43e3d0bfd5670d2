-- Accounts whose things elsewhere must be stopped or removed: what a crash in between is resumed from.
CREATE TABLE IF NOT EXISTS account_work (
    user_id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL,
    wish TEXT NOT NULL,
    actor BLOB NOT NULL,
    asked_at INTEGER NOT NULL
) STRICT;
