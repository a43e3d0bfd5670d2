-- Every state an allocation was in, since when and why; only ever added to.
CREATE TABLE IF NOT EXISTS ledger (
    allocation_id BLOB NOT NULL,
    revision INTEGER NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason_code TEXT,
    reason TEXT,
    cause TEXT NOT NULL,
    actor BLOB,
    PRIMARY KEY (allocation_id, revision)
) STRICT, WITHOUT ROWID;
