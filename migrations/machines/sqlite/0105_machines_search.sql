-- Name and description in lower case, for searches.
ALTER TABLE machines ADD COLUMN search TEXT NOT NULL DEFAULT '';
