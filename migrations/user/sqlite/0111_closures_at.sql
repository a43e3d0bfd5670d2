-- Finds what can still matter, and what no longer does.
CREATE INDEX IF NOT EXISTS closures_at ON closures (at);
