-- Who did what to which from where, by the event that told of it. Rows are added, never changed; details are JSON.
CREATE TABLE IF NOT EXISTS audit (
    id BINARY(16) NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    action VARCHAR(255) NOT NULL,
    actor BINARY(16),
    key_id BINARY(16),
    as_admin BIGINT NOT NULL,
    tenant_id BINARY(16),
    subject_kind VARCHAR(255) NOT NULL,
    subject_id VARCHAR(255) NOT NULL,
    address VARCHAR(64),
    request_id VARCHAR(255),
    details MEDIUMTEXT NOT NULL,
    INDEX audit_at (at, id),
    INDEX audit_actor (actor, at, id),
    INDEX audit_tenant (tenant_id, at, id),
    INDEX audit_subject (subject_kind, subject_id, at, id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
