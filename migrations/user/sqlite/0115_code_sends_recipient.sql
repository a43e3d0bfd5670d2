-- The last hour of one address.
CREATE INDEX IF NOT EXISTS code_sends_recipient ON code_sends (recipient, at);
