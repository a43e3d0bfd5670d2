-- The same cause never makes a second message to the same recipient over the same channel.
CREATE UNIQUE INDEX IF NOT EXISTS delivery_once ON delivery (cause_id, recipient, channel);
