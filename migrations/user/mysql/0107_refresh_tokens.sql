-- Keyed hashes of refresh tokens. A used one is kept while it could still be tried, so that its reuse is noticed.
CREATE TABLE IF NOT EXISTS refresh_tokens (
    hash BINARY(32) NOT NULL PRIMARY KEY,
    session_id BINARY(16) NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    INDEX refresh_tokens_session (session_id),
    INDEX refresh_tokens_expiry (expires_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
