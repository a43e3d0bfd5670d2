-- The same cause never makes a second message to the same user over the same channel, or to the same webhook.
CREATE UNIQUE INDEX IF NOT EXISTS delivery_unique ON delivery (cause_id, user_id, channel, webhook_id);
