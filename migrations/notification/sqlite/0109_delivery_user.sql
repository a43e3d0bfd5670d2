-- Finds a user's deliveries, the last first.
CREATE INDEX IF NOT EXISTS delivery_user ON delivery (user_id, id);
