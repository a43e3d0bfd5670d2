-- What each machine was at each of its revisions, and who made it so. `actor` is NULL where it was the platform.
CREATE TABLE IF NOT EXISTS machine_revisions (
    machine_id BLOB NOT NULL,
    revision INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor BLOB,
    active INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    spec TEXT NOT NULL,
    PRIMARY KEY (machine_id, revision)
) STRICT, WITHOUT ROWID;
