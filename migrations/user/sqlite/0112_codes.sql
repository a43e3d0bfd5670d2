-- The one code that is valid for a user and purpose, as a keyed hash.
CREATE TABLE IF NOT EXISTS codes (
    user_id BLOB NOT NULL,
    purpose TEXT NOT NULL,
    hash BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    PRIMARY KEY (user_id, purpose)
) STRICT;
