-- What was closed, in the order of commits, for whoever trusts tokens. `session_id` is null where all of a user's went.
CREATE TABLE IF NOT EXISTS closures (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id BLOB,
    user_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;
