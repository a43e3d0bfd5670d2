-- A telephone number that was proven by a text message: the same as phone_number then, else null.
ALTER TABLE users ADD COLUMN verified_phone TEXT;
