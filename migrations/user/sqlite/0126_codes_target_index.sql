-- Finds who wants an address that a code was sent to, and what went to a number.
CREATE INDEX IF NOT EXISTS codes_target ON codes (target, purpose);
