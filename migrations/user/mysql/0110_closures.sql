-- What was closed, in the order of commits, for whoever trusts tokens. Positions come from `sequences`: the server's own
-- counter gives them out in another order than that of the commits. `session_id` is null where all of a user's went.
CREATE TABLE IF NOT EXISTS closures (
    position BIGINT NOT NULL PRIMARY KEY,
    session_id BINARY(16),
    user_id BINARY(16) NOT NULL,
    at BIGINT NOT NULL,
    reason VARCHAR(32) NOT NULL,
    INDEX closures_at (at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
