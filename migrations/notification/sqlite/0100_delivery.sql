-- One message to one recipient over one channel. `sealed_code` is there only while the message may still be sent;
-- `held_until` is set while an attempt runs, so that no second one begins beside it.
CREATE TABLE IF NOT EXISTS delivery (
    id BLOB NOT NULL PRIMARY KEY,
    cause_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    first_name TEXT NOT NULL,
    sealed_code BLOB,
    state TEXT NOT NULL,
    reason TEXT,
    attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    held_until INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;
