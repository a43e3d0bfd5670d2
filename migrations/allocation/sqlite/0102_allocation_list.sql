CREATE INDEX IF NOT EXISTS allocation_list ON allocation (tenant_id, created_at, id);
