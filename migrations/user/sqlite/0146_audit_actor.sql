-- What one user did.
CREATE INDEX IF NOT EXISTS audit_actor ON audit (actor, at, id);
