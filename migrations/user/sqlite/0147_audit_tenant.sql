-- What was done to one tenant's things.
CREATE INDEX IF NOT EXISTS audit_tenant ON audit (tenant_id, at, id);
