-- When what it tells of happened.
ALTER TABLE delivery ADD COLUMN occurred_at INTEGER NOT NULL DEFAULT 0;
