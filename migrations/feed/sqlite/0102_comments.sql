-- What people say about machines. Ids are UUIDv7, so that within a machine they are in the order of time.
CREATE TABLE IF NOT EXISTS comments (
    machine_id BLOB NOT NULL,
    id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    edited_at INTEGER,
    PRIMARY KEY (machine_id, id)
) STRICT, WITHOUT ROWID;
