-- Verified by a text alone: nobody showed yet that the e-mail address is theirs.
ALTER TABLE users ADD COLUMN email_unproven INTEGER NOT NULL DEFAULT 0;
