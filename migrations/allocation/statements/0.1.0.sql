DELETE FROM allocation WHERE state = 'removed' AND updated_at < ?
;
DELETE FROM closed_tenant WHERE at < ?
;
DELETE FROM idempotency_key WHERE created_at < ?
;
DELETE FROM idempotency_key WHERE tenant_id = ? AND "key" = ?
;
DELETE FROM ledger WHERE allocation_id IN (SELECT id FROM allocation WHERE state = 'removed' AND updated_at < ?)
;
DELETE FROM port_lease WHERE allocation_id = ?
;
DELETE FROM port_lease WHERE allocation_id IS NULL AND set_aside_until < ?
;
DELETE FROM port_lease WHERE allocation_id IS NULL AND set_aside_until <= ?
;
DELETE FROM work WHERE allocation_id = ?
;
INSERT INTO allocation (id, tenant_id, user_id, name, live_name, machine_id, site, desired, state, details,
             sealed_values, holds_quota, created_at, updated_at, revision, epoch)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 1, 0)
;
INSERT INTO closed_tenant (tenant_id, at) VALUES (?, ?) ON CONFLICT (tenant_id) DO UPDATE SET at = excluded.at
;
INSERT INTO idempotency_key (tenant_id, "key", fingerprint, allocation_id, created_at) VALUES (?, ?, ?, ?, ?)
;
INSERT INTO ledger (allocation_id, revision, at, state, reason_code, reason, cause, actor)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)
;
INSERT INTO outbox (topic, event_id, kind, source, subject, at, revision, request_id, traceparent, data, shard)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
;
INSERT INTO port_lease (site, protocol, port, allocation_id, name, bound) VALUES (?, ?, ?, ?, ?, 0)
         ON CONFLICT DO NOTHING
;
INSERT INTO tenant_usage (tenant_id, instances, cpu_millis, memory, disk, ports) VALUES (?, 0, 0, 0, 0, 0)
         ON CONFLICT (tenant_id) DO UPDATE SET instances = instances
;
INSERT INTO tenant_usage (tenant_id, instances, cpu_millis, memory, disk, ports) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (tenant_id) DO UPDATE SET instances = instances + excluded.instances,
             cpu_millis = cpu_millis + excluded.cpu_millis, memory = memory + excluded.memory,
             disk = disk + excluded.disk, ports = ports + excluded.ports
;
INSERT INTO tenant_usage (tenant_id, instances, cpu_millis, memory, disk, ports, bounds)
         VALUES (?, 0, 0, 0, 0, 0, ?) ON CONFLICT (tenant_id) DO UPDATE SET bounds = excluded.bounds
;
INSERT INTO work (allocation_id, work, progress, generation, not_before)
         VALUES (?1, ?2, ?3, 1, NOW_MICROS() + ?4)
         ON CONFLICT (allocation_id) DO UPDATE SET work = excluded.work, progress = excluded.progress,
             generation = generation + 1, owner = NULL, lease_until = NULL, not_before = excluded.not_before
;
SELECT * FROM outbox WHERE position > ? AND topic = ? ORDER BY position LIMIT ?
;
SELECT * FROM tenant_usage WHERE tenant_id = ?
;
SELECT EXISTS (SELECT 1 FROM closed_tenant WHERE tenant_id = ?)
;
SELECT a.*, (SELECT json_group_array(json_object('name', p.name, 'protocol', p.protocol, 'port', p.port,
                 'bound', p.bound)) FROM port_lease p WHERE p.allocation_id = a.id) AS leases,
                 EXISTS (SELECT 1 FROM work w WHERE w.allocation_id = a.id) AS working
             FROM allocation a WHERE a.id = ?
;
SELECT a.*, (SELECT json_group_array(json_object('name', p.name, 'protocol', p.protocol, 'port', p.port,
                 'bound', p.bound)) FROM port_lease p WHERE p.allocation_id = a.id) AS leases,
                 EXISTS (SELECT 1 FROM work w WHERE w.allocation_id = a.id) AS working
             FROM allocation a WHERE a.id = ? AND a.tenant_id = ?
;
SELECT a.*, (SELECT json_group_array(json_object('name', p.name, 'protocol', p.protocol, 'port', p.port,
                 'bound', p.bound)) FROM port_lease p WHERE p.allocation_id = a.id) AS leases,
                 EXISTS (SELECT 1 FROM work w WHERE w.allocation_id = a.id) AS working
             FROM allocation a WHERE a.state <> 'removed'
;
SELECT a.*, (SELECT json_group_array(json_object('name', p.name, 'protocol', p.protocol, 'port', p.port,
                 'bound', p.bound)) FROM port_lease p WHERE p.allocation_id = a.id) AS leases,
                 EXISTS (SELECT 1 FROM work w WHERE w.allocation_id = a.id) AS working
             FROM allocation a WHERE a.tenant_id = ? AND a.state <> 'removed'
;
SELECT a.*, (SELECT json_group_array(json_object('name', p.name, 'protocol', p.protocol, 'port', p.port,
                 'bound', p.bound)) FROM port_lease p WHERE p.allocation_id = a.id) AS leases,
                 EXISTS (SELECT 1 FROM work w WHERE w.allocation_id = a.id) AS working
             FROM allocation a WHERE a.tenant_id = ? ORDER BY a.created_at DESC, a.id DESC LIMIT ?
;
SELECT allocation_id FROM work WHERE not_before <= NOW_MICROS()
             AND (lease_until IS NULL OR lease_until < NOW_MICROS()) ORDER BY not_before LIMIT ?
;
SELECT fingerprint, allocation_id FROM idempotency_key WHERE tenant_id = ? AND "key" = ? AND created_at > ?
;
SELECT generation FROM work WHERE allocation_id = ? AND generation = ? AND owner IS NOT NULL
;
SELECT holds_quota FROM allocation WHERE id = ?
;
SELECT instances FROM tenant_usage WHERE tenant_id = ? FOR UPDATE
;
SELECT l.* FROM ledger l JOIN allocation a ON a.id = l.allocation_id
         WHERE l.allocation_id = ? AND a.tenant_id = ? AND l.revision < ? ORDER BY l.revision DESC LIMIT ?
;
SELECT port FROM port_lease WHERE site = ? AND protocol = ?
;
SELECT revision FROM allocation WHERE id = ? FOR UPDATE
;
SELECT sealed_values FROM allocation WHERE id = ?
;
SELECT sealed_values FROM allocation WHERE id = ? AND tenant_id = ?
;
SELECT tenant_id FROM allocation WHERE id = ?
;
SELECT w.work, w.progress, w.generation FROM work w JOIN allocation a ON a.id = w.allocation_id
         WHERE w.allocation_id = ? AND w.not_before <= NOW_MICROS()
             AND (w.lease_until IS NULL OR w.lease_until < NOW_MICROS()) FOR UPDATE SKIP LOCKED
;
UPDATE allocation SET desired = ?, state = ?, reason_code = ?, reason = ?, details = ?, updated_at = ?,
             revision = revision + 1 WHERE id = ?
;
UPDATE allocation SET epoch = epoch + 1 WHERE id = ?
;
UPDATE allocation SET holds_quota = ? WHERE id = ?
;
UPDATE allocation SET live_name = NULL, sealed_values = X'' WHERE id = ?
;
UPDATE allocation SET name = ?, live_name = ?, details = ?, updated_at = ?, revision = revision + 1 WHERE id = ?
;
UPDATE port_lease SET allocation_id = NULL, set_aside_until = ?
         WHERE site = ? AND port = ? AND allocation_id = ? AND bound = 0
;
UPDATE port_lease SET bound = 1 WHERE allocation_id = ?
;
UPDATE work SET lease_until = NOW_MICROS() + ? WHERE allocation_id = ?
;
UPDATE work SET lease_until = lease_until - ?1, not_before = not_before - ?1
;
UPDATE work SET owner = ?, lease_until = NOW_MICROS() + ? WHERE allocation_id = ?
;
UPDATE work SET owner = NULL, lease_until = NULL, not_before = NOW_MICROS() + ? WHERE allocation_id = ?
;
UPDATE work SET progress = ? WHERE allocation_id = ?
;
