-- Counts of codes to an address.
INSERT OR IGNORE INTO sequences (name, value) VALUES ('code_sends', 0);
