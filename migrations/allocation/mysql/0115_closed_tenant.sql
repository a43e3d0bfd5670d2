-- Tenants whose account goes: they begin nothing more. Kept as long as a removed allocation is remembered.
CREATE TABLE IF NOT EXISTS closed_tenant (
    tenant_id BINARY(16) NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
