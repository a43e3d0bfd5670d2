CREATE INDEX IF NOT EXISTS idempotency_key_age ON idempotency_key (created_at);
