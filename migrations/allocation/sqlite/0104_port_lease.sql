-- Host ports, unique per site. A row without an allocation is a port set aside until `set_aside_until`.
CREATE TABLE IF NOT EXISTS port_lease (
    site TEXT NOT NULL,
    protocol TEXT NOT NULL,
    port INTEGER NOT NULL,
    allocation_id BLOB,
    name TEXT NOT NULL,
    bound INTEGER NOT NULL,
    set_aside_until INTEGER,
    PRIMARY KEY (site, protocol, port)
) STRICT, WITHOUT ROWID;
