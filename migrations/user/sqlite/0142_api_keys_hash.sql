-- Whose a key is, at each call with one.
CREATE UNIQUE INDEX IF NOT EXISTS api_keys_hash ON api_keys (hash);
