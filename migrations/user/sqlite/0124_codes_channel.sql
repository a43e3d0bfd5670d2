-- How the code went out: one that came by text proves the number too.
ALTER TABLE codes ADD COLUMN channel TEXT NOT NULL DEFAULT 'email';
