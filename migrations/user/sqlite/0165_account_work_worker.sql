-- Which worker of which replica is at it; null while nobody is.
ALTER TABLE account_work ADD COLUMN worker BLOB;
