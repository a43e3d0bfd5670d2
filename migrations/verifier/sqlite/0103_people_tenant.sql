-- Whose tenant an id names.
CREATE INDEX IF NOT EXISTS people_tenant ON people (tenant_id);
