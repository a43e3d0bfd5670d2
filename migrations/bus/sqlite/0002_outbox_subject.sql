-- Finds whether a newer event of the same aggregate exists, for pruning.
CREATE INDEX IF NOT EXISTS outbox_subject ON outbox (topic, subject, position);
