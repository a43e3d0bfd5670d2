-- API keys by the SHA-256 of their texts. Scopes are words with a space between; the hint is a text's last characters.
CREATE TABLE IF NOT EXISTS api_keys (
    id BINARY(16) NOT NULL PRIMARY KEY,
    user_id BINARY(16) NOT NULL,
    tenant_id BINARY(16) NOT NULL,
    name VARCHAR(63) NOT NULL,
    hint VARCHAR(16) NOT NULL,
    hash BINARY(32) NOT NULL,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    UNIQUE INDEX api_keys_name (user_id, name),
    UNIQUE INDEX api_keys_hash (hash),
    INDEX api_keys_expiry (expires_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
