-- Who has run which machine at least once, for the badge beside their comments.
CREATE TABLE IF NOT EXISTS has_run (
    machine_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    PRIMARY KEY (machine_id, user_id)
) STRICT, WITHOUT ROWID;
