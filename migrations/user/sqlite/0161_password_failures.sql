-- Wrong passwords for known accounts, by what was refused and from which network: when the audit list was last told, and how
-- many came since.
CREATE TABLE IF NOT EXISTS password_failures (
    user_id BLOB NOT NULL,
    action TEXT NOT NULL,
    network TEXT NOT NULL,
    told_at INTEGER NOT NULL,
    untold INTEGER NOT NULL,
    PRIMARY KEY (user_id, action, network)
) STRICT;
