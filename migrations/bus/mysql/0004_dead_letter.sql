-- Events that a consumer could not read: kept for a person, passed over by the consumer.
CREATE TABLE IF NOT EXISTS dead_letter (
    consumer VARCHAR(64) NOT NULL,
    topic VARCHAR(64) NOT NULL,
    position BIGINT NOT NULL,
    kind VARCHAR(64) NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    data MEDIUMBLOB NOT NULL,
    PRIMARY KEY (consumer, topic, position)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
