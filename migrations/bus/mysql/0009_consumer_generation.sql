-- Names the group that a consumer of this database reads with: an empty database has a new one, which begins at the beginning.
CREATE TABLE IF NOT EXISTS consumer_generation (
    consumer VARCHAR(64) NOT NULL PRIMARY KEY,
    generation VARCHAR(64) NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
