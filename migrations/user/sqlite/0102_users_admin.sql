-- Answers whether there is an admin, at each sign-up and each demotion.
CREATE INDEX IF NOT EXISTS users_admin ON users (admin, verified);
