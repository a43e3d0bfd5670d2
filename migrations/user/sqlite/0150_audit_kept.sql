-- Rows go for their age only, and never before 30 days. The second allows for the clock's fraction.
CREATE TRIGGER IF NOT EXISTS audit_kept BEFORE DELETE ON audit
WHEN OLD.at > (CAST(strftime('%s', 'now') AS INTEGER) + 1 - 2592000) * 1000000
BEGIN
    SELECT RAISE(ABORT, 'the audit list is kept for at least 30 days');
END;
