-- Tenants whose account goes: they begin nothing more. Kept as long as a removed allocation is remembered.
CREATE TABLE IF NOT EXISTS closed_tenant (
    tenant_id BLOB PRIMARY KEY NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
