-- Rows go for their age only, and never before 30 days. Replacing one, which is a removal and an addition, is refused with it.
CREATE TRIGGER IF NOT EXISTS audit_kept BEFORE DELETE ON audit FOR EACH ROW
    IF OLD.at > (UNIX_TIMESTAMP() + 1 - 2592000) * 1000000 THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the audit list is kept for at least 30 days';
    END IF;
