-- What each tenant holds, changed in the transaction of what it is taken for. `bounds` is what an admin allowed (JSON).
CREATE TABLE IF NOT EXISTS tenant_usage (
    tenant_id BLOB NOT NULL PRIMARY KEY,
    instances INTEGER NOT NULL,
    cpu_millis INTEGER NOT NULL,
    memory INTEGER NOT NULL,
    disk INTEGER NOT NULL,
    ports INTEGER NOT NULL,
    bounds TEXT
) STRICT, WITHOUT ROWID;
