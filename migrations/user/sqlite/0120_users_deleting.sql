-- Asked to go: closed to its owner, its things are being removed.
ALTER TABLE users ADD COLUMN deleting INTEGER NOT NULL DEFAULT 0;
