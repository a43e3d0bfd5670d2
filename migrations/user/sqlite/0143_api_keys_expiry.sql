-- Finds keys that expired so long ago that nobody wants to see them.
CREATE INDEX IF NOT EXISTS api_keys_expiry ON api_keys (expires_at);
