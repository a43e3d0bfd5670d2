-- Which relay sends which shard, until when.
CREATE TABLE IF NOT EXISTS relay_lease (
    shard BIGINT NOT NULL PRIMARY KEY,
    relay VARBINARY(16) NOT NULL,
    until BIGINT NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
