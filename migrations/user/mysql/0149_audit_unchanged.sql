-- What was recorded stays as it was recorded, whatever a later version of the program or a hand at a console wants.
CREATE TRIGGER IF NOT EXISTS audit_unchanged BEFORE UPDATE ON audit FOR EACH ROW
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the audit list is never changed';
