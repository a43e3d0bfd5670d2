-- What was recorded stays as it was recorded, whatever a later version of the program or a hand at a console wants.
CREATE TRIGGER IF NOT EXISTS audit_unchanged BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit list is never changed');
END;
