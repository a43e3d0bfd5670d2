-- Which allocation a client's key made, and an HMAC of what it asked for. Kept 24 h.
CREATE TABLE IF NOT EXISTS idempotency_key (
    tenant_id BLOB NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    allocation_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, key)
) STRICT, WITHOUT ROWID;
