-- Until when it is that worker's, by the database's clock.
ALTER TABLE account_work ADD COLUMN taken_until INTEGER NOT NULL DEFAULT 0;
