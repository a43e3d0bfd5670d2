-- How many rows of `likes` say what, changed in the transaction that changes the row.
CREATE TABLE IF NOT EXISTS like_counts (
    machine_id BLOB NOT NULL PRIMARY KEY,
    likes INTEGER NOT NULL,
    dislikes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
