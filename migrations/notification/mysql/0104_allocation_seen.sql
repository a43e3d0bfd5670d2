-- What was seen of allocations, to tell a first start from a restart. `seen_at` is when, so that removed ones can be
-- forgotten.
CREATE TABLE IF NOT EXISTS allocation_seen (
    allocation_id BINARY(16) NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    awaited BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
