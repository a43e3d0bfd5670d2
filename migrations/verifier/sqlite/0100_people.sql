-- What is known of users: only what a verdict rests on.
CREATE TABLE IF NOT EXISTS people (
    user_id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL,
    verified INTEGER NOT NULL,
    admin INTEGER NOT NULL,
    suspended INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
