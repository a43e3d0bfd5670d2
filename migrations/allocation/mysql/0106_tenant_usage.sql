-- What each tenant holds, changed in the transaction of what it is taken for. `bounds` is what an admin allowed (JSON).
-- Whatever a tenant begins locks its row here first.
CREATE TABLE IF NOT EXISTS tenant_usage (
    tenant_id BINARY(16) NOT NULL PRIMARY KEY,
    instances BIGINT NOT NULL,
    cpu_millis BIGINT NOT NULL,
    memory BIGINT NOT NULL,
    disk BIGINT NOT NULL,
    ports BIGINT NOT NULL,
    bounds TEXT
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
