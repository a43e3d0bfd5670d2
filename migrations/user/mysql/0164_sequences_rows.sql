-- Closings, looks at who is an admin, looks at which signing keys there are.
INSERT IGNORE INTO sequences (name, value) VALUES ('closures', 0), ('admins', 0), ('signing_keys', 0);
