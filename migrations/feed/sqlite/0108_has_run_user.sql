-- For the deletion of an account.
CREATE INDEX IF NOT EXISTS has_run_user ON has_run (user_id);
