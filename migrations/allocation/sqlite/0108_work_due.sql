CREATE INDEX IF NOT EXISTS work_due ON work (not_before);
