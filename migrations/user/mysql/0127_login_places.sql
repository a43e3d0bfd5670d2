-- Where each user logged in from, as keyed hashes of network and agent: a login from elsewhere is told to its user.
CREATE TABLE IF NOT EXISTS login_places (
    user_id BINARY(16) NOT NULL,
    place BINARY(32) NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, place)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
