-- Events that committed with their change and that the broker does not have yet. `position` tells nothing about the order of
-- commits: a row with a lower one may appear later. `shard` is what relays share the work by.
CREATE TABLE IF NOT EXISTS outbox (
    position BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    topic VARCHAR(64) NOT NULL,
    event_id BINARY(16) NOT NULL,
    kind VARCHAR(64) NOT NULL,
    source VARCHAR(32) NOT NULL,
    subject VARCHAR(128) NOT NULL,
    at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    request_id VARCHAR(255),
    traceparent VARCHAR(255),
    data MEDIUMBLOB NOT NULL,
    shard BIGINT NOT NULL DEFAULT 0,
    INDEX outbox_shard (shard, position)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
