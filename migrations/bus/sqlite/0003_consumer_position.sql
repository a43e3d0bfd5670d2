-- How far each consumer in this file has come; moved in the transaction that holds the effect.
CREATE TABLE IF NOT EXISTS consumer_position (
    consumer TEXT NOT NULL,
    topic TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (consumer, topic)
) STRICT, WITHOUT ROWID;
