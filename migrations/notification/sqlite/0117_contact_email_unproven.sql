-- Verified by a text alone: the address is not known to be the user's.
ALTER TABLE contact ADD COLUMN email_unproven INTEGER NOT NULL DEFAULT 0;
