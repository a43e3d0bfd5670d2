-- Where each user logged in from, as keyed hashes of network and agent: a login from elsewhere is told to its user.
CREATE TABLE IF NOT EXISTS login_places (
    user_id BLOB NOT NULL,
    place BLOB NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, place)
) STRICT;
