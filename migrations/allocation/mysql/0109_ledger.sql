-- Every state an allocation was in, since when and why; only ever added to.
CREATE TABLE IF NOT EXISTS ledger (
    allocation_id BINARY(16) NOT NULL,
    revision BIGINT NOT NULL,
    at BIGINT NOT NULL,
    state VARCHAR(16) NOT NULL,
    reason_code VARCHAR(64),
    reason MEDIUMTEXT,
    cause VARCHAR(16) NOT NULL,
    actor BINARY(16),
    PRIMARY KEY (allocation_id, revision)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
