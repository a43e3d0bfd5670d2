-- Finds a user's webhooks, the oldest first.
CREATE INDEX IF NOT EXISTS webhook_user ON webhook (user_id, id);
