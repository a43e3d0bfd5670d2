CREATE INDEX IF NOT EXISTS allocation_everybody ON allocation (created_at, id);
