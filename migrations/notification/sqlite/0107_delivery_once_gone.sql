-- A recipient is found out when a message is sent, so it cannot be what makes a delivery one.
DROP INDEX IF EXISTS delivery_once;
