-- The keys that access tokens are signed with; the private half is sealed under the master key.
CREATE TABLE IF NOT EXISTS signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    public_key BLOB NOT NULL,
    sealed BLOB NOT NULL,
    signs_from INTEGER NOT NULL,
    signs_until INTEGER NOT NULL
) STRICT;
