-- Lists accounts by age.
CREATE INDEX IF NOT EXISTS users_created ON users (created_at, id);
