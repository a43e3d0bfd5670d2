-- Whose turn it is to run a task that one replica at a time runs: until when, by the database's clock, and when the last
-- turn ended.
CREATE TABLE IF NOT EXISTS task_turn (
    task VARCHAR(64) NOT NULL PRIMARY KEY,
    owner VARCHAR(128) NOT NULL,
    held_until BIGINT NOT NULL,
    ended_at BIGINT NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
