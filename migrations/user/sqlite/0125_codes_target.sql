-- Where the code went; for a new e-mail address, what it proves.
ALTER TABLE codes ADD COLUMN target TEXT NOT NULL DEFAULT '';
