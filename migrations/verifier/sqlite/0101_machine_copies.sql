-- Machines as their owner last announced them; `message` is the announced berth.v1.Machine.
CREATE TABLE IF NOT EXISTS machine_copies (
    id BLOB NOT NULL PRIMARY KEY,
    deleted INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    message BLOB NOT NULL
) STRICT;
