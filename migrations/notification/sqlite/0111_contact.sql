-- A copy of what user announces, as far as messages need it. A user who is gone leaves id, revision and time, so that an
-- event that comes late does not bring them back.
CREATE TABLE IF NOT EXISTS contact (
    user_id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL,
    email TEXT NOT NULL,
    first_name TEXT NOT NULL,
    phone TEXT,
    phone_verified INTEGER NOT NULL,
    verified INTEGER NOT NULL,
    deleting INTEGER NOT NULL,
    email_notification INTEGER NOT NULL,
    sms_notification INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    gone_at INTEGER
) STRICT;
