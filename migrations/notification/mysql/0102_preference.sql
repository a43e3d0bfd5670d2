-- What users decided; what is not here follows their profile.
CREATE TABLE IF NOT EXISTS preference (
    user_id BINARY(16) NOT NULL,
    kind VARCHAR(64) NOT NULL,
    channel VARCHAR(16) NOT NULL,
    enabled BIGINT NOT NULL,
    PRIMARY KEY (user_id, kind, channel)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
