-- Every shard has its row from the start, so that taking one is an update.
INSERT OR IGNORE INTO relay_lease (shard, relay, until) VALUES
    (0, x'', 0), (1, x'', 0), (2, x'', 0), (3, x'', 0), (4, x'', 0), (5, x'', 0), (6, x'', 0), (7, x'', 0),
    (8, x'', 0), (9, x'', 0), (10, x'', 0), (11, x'', 0), (12, x'', 0), (13, x'', 0), (14, x'', 0), (15, x'', 0);
