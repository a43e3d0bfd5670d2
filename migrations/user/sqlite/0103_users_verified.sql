-- Finds unverified accounts whose time is over.
CREATE INDEX IF NOT EXISTS users_verified ON users (verified, created_at);
