-- A user's keys, for the list; each name once.
CREATE UNIQUE INDEX IF NOT EXISTS api_keys_name ON api_keys (user_id, name);
