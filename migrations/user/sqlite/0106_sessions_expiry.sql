-- Finds sessions that ended by themselves.
CREATE INDEX IF NOT EXISTS sessions_expiry ON sessions (expires_at);
