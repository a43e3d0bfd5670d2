-- What was counted and not told of yet.
CREATE INDEX IF NOT EXISTS password_failures_told ON password_failures (told_at);
