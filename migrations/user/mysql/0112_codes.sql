-- The one code that is valid for a user and purpose, as a keyed hash; how it went out, and where.
CREATE TABLE IF NOT EXISTS codes (
    user_id BINARY(16) NOT NULL,
    purpose VARCHAR(16) NOT NULL,
    hash BINARY(32) NOT NULL,
    expires_at BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    channel VARCHAR(16) NOT NULL DEFAULT 'email',
    target VARCHAR(254) NOT NULL DEFAULT '',
    PRIMARY KEY (user_id, purpose),
    INDEX codes_expiry (expires_at),
    INDEX codes_target (target, purpose)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
