-- When this database was restored from a backup. What the engine has from before and nobody knows is left alone for a while.
CREATE TABLE IF NOT EXISTS restored (
    at INTEGER NOT NULL PRIMARY KEY
) STRICT;
