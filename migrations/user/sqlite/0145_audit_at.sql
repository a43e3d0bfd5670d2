-- The newest first, and what is old enough to go.
CREATE INDEX IF NOT EXISTS audit_at ON audit (at, id);
