-- The HTTP status of the last answer, where one answers with it.
ALTER TABLE delivery ADD COLUMN status INTEGER;
