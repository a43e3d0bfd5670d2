-- What is being done, one row an allocation: which saga, how far, and who holds it until when (the database's clock).
CREATE TABLE IF NOT EXISTS work (
    allocation_id BLOB NOT NULL PRIMARY KEY,
    work TEXT NOT NULL,
    progress TEXT NOT NULL,
    generation INTEGER NOT NULL,
    owner TEXT,
    lease_until INTEGER,
    not_before INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
