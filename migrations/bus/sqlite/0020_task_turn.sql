-- Whose turn it is to run a task that one replica at a time runs: until when, by the database's clock, and when the last
-- turn ended.
CREATE TABLE IF NOT EXISTS task_turn (
    task TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    held_until INTEGER NOT NULL,
    ended_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
