-- Who did what to which from where, by the event that told of it. Rows are added, never changed; details are JSON.
CREATE TABLE IF NOT EXISTS audit (
    id BLOB NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    actor BLOB,
    key_id BLOB,
    as_admin INTEGER NOT NULL,
    tenant_id BLOB,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    address TEXT,
    request_id TEXT,
    details TEXT NOT NULL
) STRICT;
