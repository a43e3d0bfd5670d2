-- Finds what no throttle looks at any more.
CREATE INDEX IF NOT EXISTS code_sends_at ON code_sends (at);
