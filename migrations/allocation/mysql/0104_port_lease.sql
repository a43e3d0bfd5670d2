-- Host ports, unique per site. A row without an allocation is a port set aside until `set_aside_until`.
CREATE TABLE IF NOT EXISTS port_lease (
    site VARCHAR(63) NOT NULL,
    protocol VARCHAR(8) NOT NULL,
    port BIGINT NOT NULL,
    allocation_id BINARY(16),
    name VARCHAR(63) NOT NULL,
    bound BIGINT NOT NULL,
    set_aside_until BIGINT,
    PRIMARY KEY (site, protocol, port),
    INDEX port_lease_allocation (allocation_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
