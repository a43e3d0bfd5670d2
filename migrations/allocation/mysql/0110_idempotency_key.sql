-- Which allocation a client's key made, and an HMAC of what it asked for. Kept 24 h.
CREATE TABLE IF NOT EXISTS idempotency_key (
    tenant_id BINARY(16) NOT NULL,
    `key` VARCHAR(128) NOT NULL,
    fingerprint BINARY(32) NOT NULL,
    allocation_id BINARY(16) NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, `key`),
    INDEX idempotency_key_age (created_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
