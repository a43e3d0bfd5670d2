-- A user's sessions, for the list and for closing all.
CREATE INDEX IF NOT EXISTS sessions_user ON sessions (user_id, id);
