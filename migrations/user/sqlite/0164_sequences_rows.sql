-- Closings go on where the file's own counter stood.
INSERT OR IGNORE INTO sequences (name, value)
    SELECT 'closures', COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'closures'
    UNION ALL SELECT 'admins', 0
    UNION ALL SELECT 'signing_keys', 0;
