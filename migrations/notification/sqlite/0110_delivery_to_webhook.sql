-- Finds a webhook's deliveries, the last first.
CREATE INDEX IF NOT EXISTS delivery_to_webhook ON delivery (webhook_id, id);
