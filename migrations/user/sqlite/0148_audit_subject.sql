-- What was done to one thing.
CREATE INDEX IF NOT EXISTS audit_subject ON audit (subject_kind, subject_id, at, id);
