-- For the deletion of an account and the export of what one user said.
CREATE INDEX IF NOT EXISTS likes_user ON likes (user_id);
