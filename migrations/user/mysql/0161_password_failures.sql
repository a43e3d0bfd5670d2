-- Wrong passwords for known accounts, by what was refused and from which network: when the audit list was last told, and how
-- many came since.
CREATE TABLE IF NOT EXISTS password_failures (
    user_id BINARY(16) NOT NULL,
    action VARCHAR(64) NOT NULL,
    network VARCHAR(64) NOT NULL,
    told_at BIGINT NOT NULL,
    untold BIGINT NOT NULL,
    PRIMARY KEY (user_id, action, network),
    INDEX password_failures_told (told_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
