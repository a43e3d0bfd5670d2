CREATE INDEX IF NOT EXISTS port_lease_allocation ON port_lease (allocation_id);
