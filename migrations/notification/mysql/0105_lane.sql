-- Whoever claims deliveries of a lane locks its row first: two replicas take turns and never the same one.
CREATE TABLE IF NOT EXISTS lane (
    name VARCHAR(16) NOT NULL PRIMARY KEY
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
