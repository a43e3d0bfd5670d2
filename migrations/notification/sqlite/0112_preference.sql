-- What users decided; what is not here follows their profile.
CREATE TABLE IF NOT EXISTS preference (
    user_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    PRIMARY KEY (user_id, kind, channel)
) STRICT, WITHOUT ROWID;
