CREATE INDEX IF NOT EXISTS allocation_name_list ON allocation (tenant_id, name, id);
