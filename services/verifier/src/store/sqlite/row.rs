//! Copies out of their rows.

use kit::{AllocationId, Failure, MachineId, TenantId, UserId};
use sql::Row;

use crate::domain::{AllocationCopy, MachineCopy, Person};

pub fn person(row: &Row) -> Result<Person, Failure> {
    Ok(Person {
        user: id(row, "user_id", UserId::from_bytes)?,
        tenant: id(row, "tenant_id", TenantId::from_bytes)?,
        verified: row.get("verified"),
        admin: row.get("admin"),
        suspended: row.get("suspended"),
        deleted: row.get("deleted"),
        revision: revision(row),
    })
}

pub fn machine(row: &Row) -> Result<MachineCopy, Failure> {
    Ok(MachineCopy {
        id: id(row, "id", MachineId::from_bytes)?,
        deleted: row.get("deleted"),
        revision: revision(row),
        message: row.get("message"),
    })
}

pub fn allocation(row: &Row) -> Result<AllocationCopy, Failure> {
    Ok(AllocationCopy {
        id: id(row, "id", AllocationId::from_bytes)?,
        tenant: id(row, "tenant_id", TenantId::from_bytes)?,
        revision: revision(row),
        message: row.get("message"),
    })
}

pub fn id<T>(row: &Row, column: &str, read: impl Fn(&[u8]) -> Option<T>) -> Result<T, Failure> {
    read(row.get(column)).ok_or_else(|| Failure::internal(format!("a copy has a broken {column}")))
}

fn revision(row: &Row) -> u64 {
    row.get::<i64>("revision") as u64
}
