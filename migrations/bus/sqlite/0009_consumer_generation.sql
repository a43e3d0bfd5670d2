-- Names the group that a consumer of this database reads with: an empty database has a new one, which begins at the beginning.
CREATE TABLE IF NOT EXISTS consumer_generation (
    consumer TEXT PRIMARY KEY,
    generation TEXT NOT NULL
) STRICT, WITHOUT ROWID;
