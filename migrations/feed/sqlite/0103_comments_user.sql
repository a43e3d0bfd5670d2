-- For the export of what one user said.
CREATE INDEX IF NOT EXISTS comments_user ON comments (user_id, id);
