-- What is being done, one row an allocation: which saga, how far, and who holds it until when (the database's clock).
CREATE TABLE IF NOT EXISTS work (
    allocation_id BINARY(16) NOT NULL PRIMARY KEY,
    work VARCHAR(16) NOT NULL,
    progress MEDIUMTEXT NOT NULL,
    generation BIGINT NOT NULL,
    owner VARCHAR(128),
    lease_until BIGINT,
    not_before BIGINT NOT NULL,
    INDEX work_due (not_before)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
