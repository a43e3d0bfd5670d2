-- Which webhook a delivery goes to; nil for messages to people, so that it can be part of what makes a delivery one.
ALTER TABLE delivery ADD COLUMN webhook_id BLOB NOT NULL DEFAULT x'00000000000000000000000000000000';
