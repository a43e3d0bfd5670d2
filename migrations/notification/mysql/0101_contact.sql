-- A copy of what user announces, as far as messages need it. A user who is gone leaves id, revision and time, so that an
-- event that comes late does not bring them back.
CREATE TABLE IF NOT EXISTS contact (
    user_id BINARY(16) NOT NULL PRIMARY KEY,
    tenant_id BINARY(16) NOT NULL,
    email VARCHAR(320) NOT NULL,
    first_name VARCHAR(255) NOT NULL,
    phone VARCHAR(32),
    phone_verified BIGINT NOT NULL,
    verified BIGINT NOT NULL,
    deleting BIGINT NOT NULL,
    email_notification BIGINT NOT NULL,
    sms_notification BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    gone_at BIGINT,
    email_unproven BIGINT NOT NULL DEFAULT 0
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
