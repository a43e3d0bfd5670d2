-- Events that a consumer could not read: kept for a person, passed over by the consumer.
CREATE TABLE IF NOT EXISTS dead_letter (
    consumer TEXT NOT NULL,
    topic TEXT NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (consumer, topic, position)
) STRICT, WITHOUT ROWID;
