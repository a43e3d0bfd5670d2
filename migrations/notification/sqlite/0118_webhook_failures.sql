-- How many calls failed since `failing_since`.
ALTER TABLE webhook ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
