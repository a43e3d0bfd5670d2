-- Keyed hashes of refresh tokens. A used one is kept while it could still be tried, so that its reuse is noticed.
CREATE TABLE IF NOT EXISTS refresh_tokens (
    hash BLOB NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;
