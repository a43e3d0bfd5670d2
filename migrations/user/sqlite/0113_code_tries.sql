-- How often each client address tried the present code.
CREATE TABLE IF NOT EXISTS code_tries (
    user_id BLOB NOT NULL,
    purpose TEXT NOT NULL,
    address TEXT NOT NULL,
    tries INTEGER NOT NULL,
    PRIMARY KEY (user_id, purpose, address)
) STRICT;
