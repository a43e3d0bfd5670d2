-- The names that authors are shown with, as their events told. Of who is deleted only that stays.
CREATE TABLE IF NOT EXISTS people (
    user_id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
