-- How often each client's network tried the present code.
CREATE TABLE IF NOT EXISTS code_tries (
    user_id BINARY(16) NOT NULL,
    purpose VARCHAR(16) NOT NULL,
    address VARCHAR(64) NOT NULL,
    tries BIGINT NOT NULL,
    PRIMARY KEY (user_id, purpose, address)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
