-- Where users have events sent to. Secrets are sealed with the webhook's id as context; `events` is a JSON list.
CREATE TABLE IF NOT EXISTS webhook (
    id BINARY(16) NOT NULL PRIMARY KEY,
    user_id BINARY(16) NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    active BIGINT NOT NULL,
    secret VARBINARY(255) NOT NULL,
    previous_secret VARBINARY(255),
    previous_until BIGINT,
    failing_since BIGINT,
    disabled VARCHAR(64),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    failures BIGINT NOT NULL DEFAULT 0,
    INDEX webhook_user (user_id, id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
