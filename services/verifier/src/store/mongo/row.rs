//! Copies to and from their documents; `_id` and `revision` are the change's own.

use ::mongo::{Fields as _, bytes, uuid};
use kit::{AllocationId, Failure, MachineId, TenantId, UserId};
use mongodb::bson::{Document, doc};

use crate::domain::{AllocationCopy, Effect, MachineCopy, Person};

/// All but `_id` and `revision`.
pub fn fields(effect: &Effect) -> Document {
    match effect {
        Effect::Person(person) => doc! {
            "tenant": uuid(person.tenant.as_bytes()),
            "verified": person.verified,
            "admin": person.admin,
            "suspended": person.suspended,
            "deleted": person.deleted,
        },
        Effect::Machine(machine) => doc! { "deleted": machine.deleted, "message": bytes(&machine.message) },
        Effect::Allocation(allocation) => {
            doc! { "tenant": uuid(allocation.tenant.as_bytes()), "message": bytes(&allocation.message) }
        }
    }
}

pub fn person(row: &Document) -> Result<Person, Failure> {
    Ok(Person {
        user: row.id("_id", UserId::from_bytes)?,
        tenant: row.id("tenant", TenantId::from_bytes)?,
        verified: row.flag("verified")?,
        admin: row.flag("admin")?,
        suspended: row.flag("suspended")?,
        deleted: row.flag("deleted")?,
        revision: row.number("revision")? as u64,
    })
}

pub fn machine(row: &Document) -> Result<MachineCopy, Failure> {
    Ok(MachineCopy {
        id: row.id("_id", MachineId::from_bytes)?,
        deleted: row.flag("deleted")?,
        revision: row.number("revision")? as u64,
        message: row.bytes("message")?,
    })
}

pub fn allocation(row: &Document) -> Result<AllocationCopy, Failure> {
    Ok(AllocationCopy {
        id: row.id("_id", AllocationId::from_bytes)?,
        tenant: row.id("tenant", TenantId::from_bytes)?,
        revision: row.number("revision")? as u64,
        message: row.bytes("message")?,
    })
}
