DELETE FROM allocation_seen WHERE removed AND seen_at < ?
;
DELETE FROM contact WHERE gone_at < ?
;
DELETE FROM delivery WHERE state <> 'pending' AND finished_at < ?
;
DELETE FROM delivery WHERE user_id = ? AND kind <> 'account_deleted'
;
DELETE FROM delivery WHERE webhook_id = ?
;
DELETE FROM preference WHERE user_id = ?
;
DELETE FROM webhook WHERE user_id = ?
;
DELETE FROM webhook WHERE user_id = ? AND id = ?
;
INSERT INTO consumer_position (consumer, topic, position) VALUES (?, ?, ?)
         ON CONFLICT (consumer, topic) DO UPDATE SET position = CASE
             WHEN excluded.position > position THEN excluded.position ELSE position END
;
INSERT INTO delivery (id, cause_id, user_id, channel, webhook_id, kind, recipient, first_name, sealed_code,
                               facts, state, attempts, due_at, held_until, occurred_at, expires_at, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', 0, ?, 0, ?, ?, ?)
         ON CONFLICT DO NOTHING
;
INSERT INTO outbox (topic, event_id, kind, source, subject, at, revision, request_id, traceparent, data, shard)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
;
INSERT OR REPLACE INTO allocation_seen (allocation_id, revision, awaited, removed, seen_at)
         VALUES (?, ?, ?, ?, ?)
;
INSERT OR REPLACE INTO contact (user_id, tenant_id, email, first_name, phone, phone_verified, verified,
                                         email_unproven, deleting, email_notification, sms_notification, revision,
                                         gone_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)
;
INSERT OR REPLACE INTO contact (user_id, tenant_id, email, first_name, phone_verified, verified, deleting,
                                         email_notification, sms_notification, revision, gone_at)
         VALUES (?, x'', '', '', 0, 0, 1, 0, 0, ?, ?)
;
INSERT OR REPLACE INTO dead_letter (consumer, topic, position, kind, reason, at, data) VALUES (?, ?, ?, ?, ?, ?, ?)
;
INSERT OR REPLACE INTO preference (user_id, kind, channel, enabled) VALUES (?, ?, ?, ?)
;
INSERT OR REPLACE INTO webhook (id, user_id, url, events, active, secret, previous_secret, previous_until,
                                         failing_since, failures, disabled, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
;
SELECT * FROM contact WHERE user_id = ?
;
SELECT * FROM delivery
    WHERE state = 'pending' AND channel <> 'webhook' AND due_at <= ?1 AND held_until <= ?1
    ORDER BY sealed_code IS NULL, due_at, id LIMIT ?2
;
SELECT * FROM delivery
    WHERE state = 'pending' AND channel <> 'webhook' AND sealed_code IS NOT NULL AND due_at <= ?1 AND held_until <= ?1
    ORDER BY due_at, id LIMIT ?2
;
SELECT * FROM delivery WHERE id = ? AND state = 'dead'
;
SELECT * FROM delivery WHERE state = 'dead' AND (?1 IS NULL OR channel = ?1) AND (?2 IS NULL OR kind = ?2)
             AND (?3 IS NULL OR user_id = ?3) AND (?4 IS NULL OR id < ?4) ORDER BY id DESC LIMIT ?5
;
SELECT * FROM delivery WHERE user_id = ? AND state <> 'skipped' ORDER BY id DESC LIMIT ?
;
SELECT * FROM delivery WHERE webhook_id = ? AND user_id = ? ORDER BY id DESC LIMIT ?
;
SELECT * FROM outbox WHERE position > ? AND topic = ? ORDER BY position LIMIT ?
;
SELECT * FROM webhook WHERE user_id = ? AND id = ?
;
SELECT * FROM webhook WHERE user_id = ? ORDER BY id
;
SELECT COUNT(*) FROM delivery WHERE webhook_id = ? AND kind = ? AND state = 'pending'
;
SELECT COUNT(*) FROM webhook WHERE user_id = ?
;
SELECT MIN(CASE WHEN due_at > held_until THEN due_at ELSE held_until END)
             FROM delivery WHERE state = 'pending' AND (channel = 'webhook') = ?
             AND (sealed_code IS NOT NULL OR NOT ?)
;
SELECT NOW_MICROS()
;
SELECT deleting, gone_at IS NOT NULL AS gone FROM contact WHERE user_id = ?
;
SELECT kind, channel, enabled FROM preference WHERE user_id = ? ORDER BY kind, channel
;
SELECT name FROM lane WHERE name = ? FOR UPDATE
;
SELECT position FROM consumer_position WHERE consumer = ? AND topic = ?
;
SELECT revision, awaited, removed FROM allocation_seen WHERE allocation_id = ?
;
SELECT revision, email_unproven FROM contact WHERE user_id = ?
;
SELECT sealed_code IS NOT NULL AS code, facts IS NOT NULL AS told FROM delivery WHERE id = ?
;
UPDATE delivery SET due_at = ?, held_until = 0, status = COALESCE(?, status)
         WHERE id = ? AND state = 'pending' AND attempts = ?
;
UPDATE delivery SET held_until = ? WHERE id = ? AND attempts = ? AND state = 'pending' AND held_until > 0
;
UPDATE delivery SET held_until = ?, attempts = attempts + 1 WHERE id = ?
;
UPDATE delivery SET state = 'pending', reason = NULL, status = NULL, finished_at = NULL, attempts = 0,
                due_at = ?, held_until = 0, expires_at = ? WHERE id = ? AND state = 'dead'
;
UPDATE delivery SET state = ?1, reason = ?2, finished_at = ?3, sealed_code = NULL,
                facts = CASE WHEN ?1 = 'dead' THEN facts END,
                sent_to = COALESCE(?4, sent_to), status = COALESCE(?5, status)
         WHERE id = ?6 AND state = 'pending' AND attempts = ?7
;
WITH busy AS (
        SELECT user_id, COUNT(*) AS under_way FROM delivery
        WHERE state = 'pending' AND channel = 'webhook' AND held_until > ?1 GROUP BY user_id),
    next AS (
        SELECT user_id, MIN(id) AS id FROM delivery WHERE state = 'pending' AND channel = 'webhook' AND due_at <= ?1
        GROUP BY user_id, webhook_id HAVING MAX(held_until) <= ?1),
    placed AS (SELECT user_id, id, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY id) AS place FROM next)
    SELECT delivery.* FROM delivery JOIN placed ON placed.id = delivery.id
        LEFT JOIN busy ON busy.user_id = placed.user_id
    WHERE placed.place + COALESCE(busy.under_way, 0) <= ?3
    ORDER BY delivery.due_at, delivery.id LIMIT ?2
;
