-- The keys that access tokens are signed with; the private half is sealed under the master key.
CREATE TABLE IF NOT EXISTS signing_keys (
    kid VARCHAR(64) NOT NULL PRIMARY KEY,
    public_key BINARY(32) NOT NULL,
    sealed VARBINARY(255) NOT NULL,
    signs_from BIGINT NOT NULL,
    signs_until BIGINT NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
