INSERT IGNORE INTO lane (name) VALUES ('messages'), ('webhooks');
