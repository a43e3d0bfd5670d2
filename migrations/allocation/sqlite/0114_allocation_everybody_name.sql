CREATE INDEX IF NOT EXISTS allocation_everybody_name ON allocation (name, id);
