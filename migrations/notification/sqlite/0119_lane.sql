-- Whoever claims deliveries of a lane locks its row first, where several replicas write: they take turns.
CREATE TABLE IF NOT EXISTS lane (
    name TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
