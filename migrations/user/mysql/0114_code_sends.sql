-- When codes were asked for, by the keyed hash of the e-mail address: also for addresses that nobody has. Nobody reads
-- these in the order of their positions.
CREATE TABLE IF NOT EXISTS code_sends (
    position BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    recipient BINARY(32) NOT NULL,
    at BIGINT NOT NULL,
    INDEX code_sends_recipient (recipient, at),
    INDEX code_sends_at (at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
