-- Where the last attempt went, for people; a message that is sent again looks its recipient up again.
ALTER TABLE delivery ADD COLUMN sent_to TEXT;
