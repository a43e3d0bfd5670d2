-- An address has one account, whoever asks for it in parallel.
CREATE UNIQUE INDEX IF NOT EXISTS users_email ON users (email);
