-- Events that committed with their change, in the order of their commits. `position` never goes back, also after pruning.
CREATE TABLE IF NOT EXISTS outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    event_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    subject TEXT NOT NULL,
    at INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    request_id TEXT,
    traceparent TEXT,
    data BLOB NOT NULL
) STRICT;
