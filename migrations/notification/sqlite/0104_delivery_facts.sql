-- What the message tells, as JSON; gone once it was told.
ALTER TABLE delivery ADD COLUMN facts TEXT;
