DELETE FROM account_work WHERE user_id = ?
;
DELETE FROM account_work WHERE user_id = ? AND wish = ?
;
DELETE FROM account_work WHERE user_id = ? AND wish = ? AND asked_at = ?
;
DELETE FROM api_keys WHERE id = ?
;
DELETE FROM api_keys WHERE user_id = ?
;
DELETE FROM code_sends WHERE recipient = ? AND at = ?
;
DELETE FROM code_tries WHERE user_id = ?
;
DELETE FROM code_tries WHERE user_id = ? AND purpose = ?
;
DELETE FROM codes WHERE user_id = ?
;
DELETE FROM codes WHERE user_id = ? AND channel = 'sms'
;
DELETE FROM codes WHERE user_id = ? AND purpose = ?
;
DELETE FROM login_places WHERE user_id = ?
;
DELETE FROM password_failures WHERE user_id = ?
;
DELETE FROM refresh_tokens WHERE session_id = ?
;
DELETE FROM sessions WHERE id = ? AND user_id = ?
;
DELETE FROM signing_keys WHERE signs_until < ?
;
DELETE FROM users WHERE id = ?
;
INSERT INTO account_work (user_id, tenant_id, wish, actor, asked_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (user_id) DO UPDATE SET
             wish = excluded.wish, actor = excluded.actor, asked_at = excluded.asked_at
;
INSERT INTO api_keys (id, user_id, tenant_id, name, hint, hash, scopes, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
;
INSERT INTO audit (id, at, action, actor, key_id, as_admin, tenant_id, subject_kind, subject_id, address,
             request_id, details)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING
;
INSERT INTO code_sends (recipient, at) VALUES (?, ?)
;
INSERT INTO code_tries (user_id, purpose, address, tries) VALUES (?, ?, ?, 1)
         ON CONFLICT (user_id, purpose, address) DO UPDATE SET tries = tries + 1
;
INSERT INTO codes (user_id, purpose, hash, expires_at, tries, channel, target) VALUES (?, ?, ?, ?, 0, ?, ?)
         ON CONFLICT (user_id, purpose) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at,
             tries = excluded.tries, channel = excluded.channel, target = excluded.target
;
INSERT INTO consumer_position (consumer, topic, position) VALUES (?, ?, ?)
         ON CONFLICT (consumer, topic) DO UPDATE SET position = CASE
             WHEN excluded.position > position THEN excluded.position ELSE position END
;
INSERT INTO login_places (user_id, place, seen_at) VALUES (?, ?, ?)
         ON CONFLICT (user_id, place) DO UPDATE SET seen_at = excluded.seen_at
;
INSERT INTO outbox (topic, event_id, kind, source, subject, at, revision, request_id, traceparent, data, shard)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
;
INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES (?, ?, ?)
;
INSERT INTO sessions (id, user_id, address, agent, created_at, last_used_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)
;
INSERT INTO signing_keys (kid, public_key, sealed, signs_from, signs_until) VALUES (?, ?, ?, ?, ?)
;
INSERT INTO users (id, tenant_id, email, first_name, last_name, phone_number, gender, password_hash, verified,
             admin, email_notification, sms_notification, created_at, updated_at, revision)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
;
SELECT * FROM account_work WHERE user_id = ?
;
SELECT * FROM account_work WHERE user_id > ? ORDER BY user_id LIMIT ?
;
SELECT * FROM api_keys WHERE hash = ? AND (expires_at IS NULL OR expires_at > ?)
;
SELECT * FROM api_keys WHERE user_id = ? ORDER BY created_at DESC, id DESC
;
SELECT * FROM closures WHERE position > ? AND at > ? ORDER BY position LIMIT ?
;
SELECT * FROM sessions WHERE user_id = ? AND expires_at > ? ORDER BY id DESC LIMIT ?
;
SELECT * FROM signing_keys ORDER BY signs_from DESC
;
SELECT * FROM users WHERE (?1 IS NULL OR email = ?1) AND (?2 IS NULL OR verified = ?2)
             AND (?3 IS NULL OR admin = ?3) AND (?4 IS NULL OR suspended = ?4) AND (?5 IS NULL OR (created_at, id) < (?5, ?6)) ORDER BY created_at DESC, id DESC LIMIT ?7
;
SELECT * FROM users WHERE (?1 IS NULL OR email = ?1) AND (?2 IS NULL OR verified = ?2)
             AND (?3 IS NULL OR admin = ?3) AND (?4 IS NULL OR suspended = ?4) AND (?5 IS NULL OR (created_at, id) > (?5, ?6)) ORDER BY created_at ASC, id ASC LIMIT ?7
;
SELECT * FROM users WHERE (?1 IS NULL OR email = ?1) AND (?2 IS NULL OR verified = ?2)
             AND (?3 IS NULL OR admin = ?3) AND (?4 IS NULL OR suspended = ?4) AND (?5 IS NULL OR (email, id) < (?5, ?6)) ORDER BY email DESC, id DESC LIMIT ?7
;
SELECT * FROM users WHERE (?1 IS NULL OR email = ?1) AND (?2 IS NULL OR verified = ?2)
             AND (?3 IS NULL OR admin = ?3) AND (?4 IS NULL OR suspended = ?4) AND (?5 IS NULL OR (email, id) > (?5, ?6)) ORDER BY email ASC, id ASC LIMIT ?7
;
SELECT * FROM users WHERE email = ? FOR UPDATE
;
SELECT * FROM users WHERE id = ?
;
SELECT * FROM users WHERE id = ? AND password_hash = ? AND deleting = 0 FOR UPDATE
;
SELECT * FROM users WHERE id = ? FOR UPDATE
;
SELECT * FROM users WHERE verified = 0 AND deleting = 0 AND suspended = 0 AND created_at <= ?
         ORDER BY created_at LIMIT ? FOR UPDATE SKIP LOCKED
;
SELECT COUNT(*) FROM api_keys WHERE user_id = ?
;
SELECT COUNT(*), COUNT(CASE WHEN place = ? THEN 1 END) FROM login_places WHERE user_id = ?
;
SELECT EXISTS (SELECT 1 FROM signing_keys WHERE signs_until > ?)
;
SELECT EXISTS (SELECT 1 FROM users
             WHERE admin = 1 AND verified = 1 AND suspended = 0 AND deleting = 0 AND id <> ?)
;
SELECT EXISTS (SELECT 1 FROM users WHERE admin = 1)
;
SELECT EXISTS (SELECT 1 FROM users WHERE admin = 1), EXISTS (SELECT 1 FROM users),
                 EXISTS (SELECT 1 FROM users WHERE email = ?)
;
SELECT EXISTS (SELECT 1 FROM users WHERE email = ? AND (verified = 1 OR deleting = 1 OR suspended = 1 OR created_at > ?))
;
SELECT EXISTS (SELECT 1 FROM users WHERE verified_phone = ? AND id <> ?)
;
SELECT EXISTS (SELECT 1 FROM users)
;
SELECT MAX(last_used_at) FROM sessions WHERE user_id = ?
;
SELECT at FROM code_sends WHERE recipient = ? AND at > ? ORDER BY at
;
SELECT expires_at FROM codes WHERE target = ? AND channel = 'sms'
;
SELECT hash FROM refresh_tokens WHERE expires_at <= ? ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED
;
SELECT hash, expires_at, tries, channel FROM codes WHERE user_id = ? AND purpose = ?
;
SELECT id FROM api_keys WHERE expires_at <= ? ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED
;
SELECT id FROM api_keys WHERE user_id = ? ORDER BY id FOR UPDATE
;
SELECT id FROM audit WHERE at <= ? ORDER BY at LIMIT ? FOR UPDATE SKIP LOCKED
;
SELECT id FROM sessions WHERE expires_at <= ? ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED
;
SELECT id FROM sessions WHERE user_id = ? ORDER BY id DESC LIMIT ? OFFSET ?
;
SELECT id FROM sessions WHERE user_id = ? ORDER BY id FOR UPDATE
;
SELECT id, tenant_id, password_hash FROM users WHERE email = ?
;
SELECT id, tenant_id, password_hash FROM users WHERE id = ?
;
SELECT name FROM api_keys WHERE id = ? AND user_id = ? FOR UPDATE
;
SELECT password_failures.*, users.tenant_id FROM password_failures
         JOIN users ON users.id = password_failures.user_id WHERE told_at <= ? ORDER BY told_at LIMIT ?
;
SELECT position FROM closures WHERE at <= ? ORDER BY at LIMIT ? FOR UPDATE SKIP LOCKED
;
SELECT position FROM code_sends WHERE at <= ? ORDER BY at LIMIT ? FOR UPDATE SKIP LOCKED
;
SELECT position FROM consumer_position WHERE consumer = ? AND topic = ?
;
SELECT tries FROM code_tries WHERE user_id = ? AND purpose = ? AND address = ?
;
SELECT user_id FROM codes WHERE purpose = ? AND target = ? ORDER BY user_id
;
SELECT user_id, purpose FROM codes WHERE expires_at <= ? ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED
;
SELECT users.* FROM users JOIN sessions ON sessions.user_id = users.id
             WHERE sessions.id = ? AND users.id = ? AND sessions.expires_at > ?
;
SELECT users.*, sessions.id AS session_id, refresh_tokens.used_at
         FROM refresh_tokens JOIN sessions ON sessions.id = refresh_tokens.session_id
         JOIN users ON users.id = sessions.user_id
         WHERE refresh_tokens.hash = ? AND refresh_tokens.expires_at > ? FOR UPDATE
;
SELECT value FROM sequences WHERE name = ?
;
UPDATE account_work SET worker = ?, taken_until = NOW_MICROS() + ?
         WHERE user_id = ? AND (taken_until <= NOW_MICROS() OR worker = ?)
;
UPDATE account_work SET worker = NULL, taken_until = 0 WHERE user_id = ? AND worker = ?
;
UPDATE api_keys SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)
;
UPDATE codes SET tries = tries + 1 WHERE user_id = ? AND purpose = ?
;
UPDATE refresh_tokens SET used_at = ? WHERE hash = ?
;
UPDATE sequences SET value = value + ? WHERE name = ?
;
UPDATE sessions SET last_used_at = ?, expires_at = ? WHERE id = ?
;
UPDATE users SET email = ?, first_name = ?, last_name = ?, phone_number = ?, verified_phone = ?, gender = ?,
             verified = ?, email_unproven = ?, admin = ?, suspended = ?, deleting = ?, email_notification = ?, sms_notification = ?,
             updated_at = ?, revision = ? WHERE id = ?
;
UPDATE users SET password_hash = ? WHERE id = ?
;
