-- What each user thinks of each machine: 1 is a like, -1 a dislike; no row is neither.
CREATE TABLE IF NOT EXISTS likes (
    machine_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    stance INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (machine_id, user_id)
) STRICT, WITHOUT ROWID;
