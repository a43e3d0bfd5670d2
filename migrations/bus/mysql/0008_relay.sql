-- Which relays live, until they say so again.
CREATE TABLE IF NOT EXISTS relay (
    relay BINARY(16) NOT NULL PRIMARY KEY,
    until BIGINT NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
