INSERT OR IGNORE INTO lane (name) VALUES ('messages'), ('webhooks');
