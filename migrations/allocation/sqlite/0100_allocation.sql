-- One row an allocation. `live_name` is its name until it is removed, so that names are unique among the living.
CREATE TABLE IF NOT EXISTS allocation (
    id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    name TEXT NOT NULL,
    live_name TEXT,
    machine_id BLOB NOT NULL,
    site TEXT NOT NULL,
    desired TEXT NOT NULL,
    state TEXT NOT NULL,
    reason_code TEXT,
    reason TEXT,
    details TEXT NOT NULL,
    sealed_values BLOB NOT NULL,
    holds_quota INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    epoch INTEGER NOT NULL
) STRICT;
