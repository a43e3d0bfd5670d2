-- Finds what is to be sent next, and what may be forgotten.
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (state, due_at);
