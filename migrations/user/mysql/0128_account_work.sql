-- Accounts whose things elsewhere must be stopped or removed: what a crash in between is resumed from. `worker` is at it
-- until `taken_until`, by the database's clock.
CREATE TABLE IF NOT EXISTS account_work (
    user_id BINARY(16) NOT NULL PRIMARY KEY,
    tenant_id BINARY(16) NOT NULL,
    wish VARCHAR(16) NOT NULL,
    actor BINARY(16) NOT NULL,
    asked_at BIGINT NOT NULL,
    worker BINARY(16),
    taken_until BIGINT NOT NULL DEFAULT 0
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
