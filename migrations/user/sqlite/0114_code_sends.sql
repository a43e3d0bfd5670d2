-- When codes were asked for, by the keyed hash of the e-mail address: also for addresses that nobody has.
CREATE TABLE IF NOT EXISTS code_sends (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    recipient BLOB NOT NULL,
    at INTEGER NOT NULL
) STRICT;
