-- The record of machines that are older than the records begins with what they are now.
INSERT INTO machine_revisions (machine_id, revision, at, actor, active, deleted, spec)
SELECT id, revision, updated_at, NULL, active, live_name IS NULL, spec FROM machines
WHERE NOT EXISTS (SELECT 1 FROM machine_revisions WHERE machine_id = machines.id AND revision = machines.revision);
