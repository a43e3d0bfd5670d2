-- Accounts. The personal tenant is made with its user and has an id of its own. `verified_phone` is a number that was proven
-- by a text message: the same as `phone_number` then, else null, and one account's alone. `email_unproven`: verified by a
-- text alone. `suspended`: closed by an admin. `deleting`: closed for good, its things are being removed.
CREATE TABLE IF NOT EXISTS users (
    id BINARY(16) NOT NULL PRIMARY KEY,
    tenant_id BINARY(16) NOT NULL,
    email VARCHAR(254) NOT NULL,
    first_name VARCHAR(100) NOT NULL,
    last_name VARCHAR(100) NOT NULL,
    phone_number VARCHAR(16),
    gender VARCHAR(32),
    password_hash VARCHAR(255) NOT NULL,
    verified BIGINT NOT NULL,
    admin BIGINT NOT NULL,
    email_notification BIGINT NOT NULL,
    sms_notification BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    suspended BIGINT NOT NULL DEFAULT 0,
    deleting BIGINT NOT NULL DEFAULT 0,
    verified_phone VARCHAR(16),
    email_unproven BIGINT NOT NULL DEFAULT 0,
    UNIQUE INDEX users_email (email),
    UNIQUE INDEX users_verified_phone (verified_phone),
    INDEX users_admin (admin, verified),
    INDEX users_verified (verified, created_at),
    INDEX users_created (created_at, id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
