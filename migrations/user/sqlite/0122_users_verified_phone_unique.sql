-- A proven number belongs to one account.
CREATE UNIQUE INDEX IF NOT EXISTS users_verified_phone ON users (verified_phone);
