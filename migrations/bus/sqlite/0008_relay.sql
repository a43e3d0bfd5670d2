-- Which relays live, until they say so again.
CREATE TABLE IF NOT EXISTS relay (
    relay BLOB PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
