-- One row once the shipped catalogue was imported, so that a machine that an admin deletes does not come back.
CREATE TABLE IF NOT EXISTS machine_imports (
    name TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
