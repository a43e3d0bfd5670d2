-- One message to one recipient over one channel. `sealed_code` and `facts` are there only while it may still be sent;
-- `held_until` is set while an attempt runs, so that no second one begins beside it. `webhook_id` is nil for messages to people.
CREATE TABLE IF NOT EXISTS delivery (
    id BINARY(16) NOT NULL PRIMARY KEY,
    cause_id BINARY(16) NOT NULL,
    user_id BINARY(16) NOT NULL,
    channel VARCHAR(16) NOT NULL,
    kind VARCHAR(64) NOT NULL,
    recipient VARCHAR(512) NOT NULL,
    first_name VARCHAR(255) NOT NULL,
    sealed_code BLOB,
    state VARCHAR(16) NOT NULL,
    reason VARCHAR(64),
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    held_until BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    webhook_id BINARY(16) NOT NULL DEFAULT 0x00000000000000000000000000000000,
    facts MEDIUMTEXT,
    occurred_at BIGINT NOT NULL DEFAULT 0,
    status BIGINT,
    sent_to TEXT,
    UNIQUE INDEX delivery_unique (cause_id, user_id, channel, webhook_id),
    INDEX delivery_due (state, due_at),
    INDEX delivery_user (user_id, id),
    INDEX delivery_to_webhook (webhook_id, id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
