-- How many rows of `comments` a machine has, changed in the transaction that adds or removes one.
CREATE TABLE IF NOT EXISTS comment_counts (
    machine_id BLOB NOT NULL PRIMARY KEY,
    comments INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
