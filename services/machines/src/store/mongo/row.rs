//! One machine to and from its document.

use ::mongo::{Fields as _, Stored as _, Transaction, is_duplicate, uuid};
use kit::{ErrorCode, Failure, MachineId, Timestamp};
use mongodb::bson::{self, Document, doc};
use mongodb::error::Error;

use super::MACHINES;
use crate::domain::{Machine, Offer, Search};

pub fn read(row: &Document) -> Result<Machine, Failure> {
    let id = row.id("_id", MachineId::from_bytes)?;
    Ok(Machine {
        id,
        offer: read_offer(id, row)?,
        deleted: row.flag("deleted")?,
        revision: row.number("revision")? as u64,
        created_at: Timestamp::from_micros(row.number("created_at")?),
        updated_at: Timestamp::from_micros(row.number("updated_at")?),
    })
}

/// From the fields `spec` and `active`.
pub fn read_offer(id: MachineId, row: &Document) -> Result<Offer, Failure> {
    let broken = |error: &dyn std::fmt::Display| {
        Failure::internal(format!("the description of machine {id} cannot be read: {error}"))
    };
    let spec = row.get_document("spec").map_err(|error| broken(&error))?.clone();
    let spec = bson::from_document(spec).map_err(|error| broken(&error))?;
    Ok(Offer { spec, active: row.flag("active")? })
}

/// `NameTaken` where the name lives already.
pub async fn insert(t: &mut Transaction, machine: &Machine) -> Result<(), Failure> {
    let mut row = fields(machine)?;
    row.extend(doc! { "_id": uuid(machine.id.as_bytes()), "created_at": machine.created_at.as_micros() });
    named(machine, t.insert(MACHINES, row).await)
}

/// `RevisionMismatch` where `before` is not what stands there, `NameTaken` where another one has the new name.
pub async fn update(t: &mut Transaction, before: &Machine, after: &Machine) -> Result<(), Failure> {
    let present = doc! { "_id": uuid(before.id.as_bytes()), "revision": before.revision as i64, "deleted": false };
    let found = named(after, t.update(MACHINES, present, doc! { "$set": fields(after)? }).await)?;
    if found { Ok(()) } else { Err(Failure::of(ErrorCode::RevisionMismatch)) }
}

/// What can change.
fn fields(machine: &Machine) -> Result<Document, Failure> {
    let spec = &machine.offer.spec;
    Ok(doc! {
        "name": &spec.name,
        "category": &spec.category,
        "search": Search::index(spec),
        "spec": spec_of(machine)?,
        "active": machine.offer.active,
        "deleted": machine.deleted,
        "revision": machine.revision as i64,
        "updated_at": machine.updated_at.as_micros(),
    })
}

/// A description as it is stored.
pub fn spec_of(machine: &Machine) -> Result<Document, Failure> {
    bson::to_document(&machine.offer.spec).map_err(Failure::internal)
}

fn named<T>(machine: &Machine, done: Result<T, Error>) -> Result<T, Failure> {
    match done {
        Err(error) if is_duplicate(&error) => {
            let name = &machine.offer.spec.name;
            Err(Failure::new(ErrorCode::NameTaken, format!("There is a machine called {name} already.")).field("name"))
        }
        done => done.stored(),
    }
}
