-- A repeat of an event, which replacing would make a change, is passed over.
CREATE TRIGGER IF NOT EXISTS audit_once BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN
    SELECT RAISE(IGNORE);
END;
