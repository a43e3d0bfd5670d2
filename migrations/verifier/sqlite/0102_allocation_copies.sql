-- Allocations as their owner last announced them; `message` is the announced berth.v1.Allocation.
CREATE TABLE IF NOT EXISTS allocation_copies (
    id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL,
    revision INTEGER NOT NULL,
    message BLOB NOT NULL
) STRICT;
