-- Closed by an admin until an admin opens it again.
ALTER TABLE users ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0;
