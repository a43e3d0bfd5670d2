-- Where users have events sent to. Secrets are sealed with the webhook's id as context; `events` is a JSON list.
CREATE TABLE IF NOT EXISTS webhook (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    active INTEGER NOT NULL,
    secret BLOB NOT NULL,
    previous_secret BLOB,
    previous_until INTEGER,
    failing_since INTEGER,
    disabled TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
