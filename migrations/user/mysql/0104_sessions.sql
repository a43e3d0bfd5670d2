-- Open sessions; a closed one is gone from here and stands in closures.
CREATE TABLE IF NOT EXISTS sessions (
    id BINARY(16) NOT NULL PRIMARY KEY,
    user_id BINARY(16) NOT NULL,
    address VARCHAR(64) NOT NULL,
    agent VARCHAR(256) NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    INDEX sessions_user (user_id, id),
    INDEX sessions_expiry (expires_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
