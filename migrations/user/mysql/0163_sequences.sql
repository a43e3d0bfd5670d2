-- The last number of each sequence. Whoever takes the next holds the row until it commits, so numbers show in their order.
CREATE TABLE IF NOT EXISTS sequences (
    name VARCHAR(32) NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
