-- The last number of each sequence. Whoever takes the next holds the row until it commits, so numbers show in their order.
CREATE TABLE IF NOT EXISTS sequences (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;
