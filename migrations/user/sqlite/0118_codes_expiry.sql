-- Finds codes that ran out.
CREATE INDEX IF NOT EXISTS codes_expiry ON codes (expires_at);
