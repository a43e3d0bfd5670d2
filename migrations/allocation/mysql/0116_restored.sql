-- When this database was restored from a backup. What the engine has from before and nobody knows is left alone for a while.
CREATE TABLE IF NOT EXISTS restored (
    at BIGINT NOT NULL PRIMARY KEY
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
