-- Accounts. The personal tenant is made with its user and has an id of its own.
CREATE TABLE IF NOT EXISTS users (
    id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL,
    email TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    phone_number TEXT,
    gender TEXT,
    password_hash TEXT NOT NULL,
    verified INTEGER NOT NULL,
    admin INTEGER NOT NULL,
    email_notification INTEGER NOT NULL,
    sms_notification INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT;
