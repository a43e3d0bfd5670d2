-- The catalogue. `live_name` is the name while the machine is there and NULL once it is deleted, which frees the name.
CREATE TABLE IF NOT EXISTS machines (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    live_name TEXT UNIQUE,
    category TEXT NOT NULL,
    spec TEXT NOT NULL,
    active INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
