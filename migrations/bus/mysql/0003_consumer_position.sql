-- How far each consumer has come in what it reads; moved in the transaction that holds the effect.
CREATE TABLE IF NOT EXISTS consumer_position (
    consumer VARCHAR(64) NOT NULL,
    topic VARCHAR(64) NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (consumer, topic)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
