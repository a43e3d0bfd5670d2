-- What was seen of allocations, to tell a first start from a restart. `seen_at` is when, so that removed ones can be
-- forgotten.
CREATE TABLE IF NOT EXISTS allocation_seen (
    allocation_id BLOB NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    awaited INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT;
