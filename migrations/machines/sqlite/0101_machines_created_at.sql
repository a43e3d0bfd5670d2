-- Lists by age.
CREATE INDEX IF NOT EXISTS machines_created_at ON machines (created_at, id);
