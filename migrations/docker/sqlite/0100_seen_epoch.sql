-- The highest lease epoch under which a command came for an allocation: one that comes under a lower one is refused.
CREATE TABLE IF NOT EXISTS seen_epoch (
    allocation_id BLOB NOT NULL PRIMARY KEY,
    epoch INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
