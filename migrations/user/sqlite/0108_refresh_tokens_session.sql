-- The tokens that go with a session.
CREATE INDEX IF NOT EXISTS refresh_tokens_session ON refresh_tokens (session_id);
