-- What relays share the work by, where events go on to a broker.
ALTER TABLE outbox ADD COLUMN shard INTEGER NOT NULL DEFAULT 0;
