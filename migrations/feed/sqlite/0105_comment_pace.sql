-- When each user commented lately; a comment that was removed again counts all the same.
CREATE TABLE IF NOT EXISTS comment_pace (
    user_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    comment_id BLOB NOT NULL,
    PRIMARY KEY (user_id, at, comment_id)
) STRICT, WITHOUT ROWID;
