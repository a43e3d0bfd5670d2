-- Which relay sends which shard, until when.
CREATE TABLE IF NOT EXISTS relay_lease (
    shard INTEGER PRIMARY KEY,
    relay BLOB NOT NULL,
    until INTEGER NOT NULL
) STRICT;
