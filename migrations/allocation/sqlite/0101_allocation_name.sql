CREATE UNIQUE INDEX IF NOT EXISTS allocation_name ON allocation (tenant_id, live_name);
