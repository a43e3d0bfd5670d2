CREATE INDEX IF NOT EXISTS allocation_state ON allocation (state, updated_at);
