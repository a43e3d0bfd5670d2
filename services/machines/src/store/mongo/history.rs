//! The records of revisions: one is added with each change, none is ever changed.

use ::mongo::{Database, Fields as _, Stored as _, Transaction, uuid};
use kit::{Failure, MachineId, Page, PageRequest, Timestamp, UserId};
use mongodb::bson::{Document, doc};

use super::{REVISIONS, row};
use crate::domain::{Machine, Revision};
use crate::store::places;

pub async fn append(t: &mut Transaction, machine: &Machine, actor: Option<UserId>) -> Result<(), Failure> {
    let record = doc! {
        "machine": uuid(machine.id.as_bytes()),
        "revision": machine.revision as i64,
        "at": machine.updated_at.as_micros(),
        "created_at": machine.created_at.as_micros(),
        "actor": actor.map(|actor| uuid(actor.as_bytes())),
        "active": machine.offer.active,
        "deleted": machine.deleted,
        "spec": row::spec_of(machine)?,
    };
    t.insert(REVISIONS, record).await.stored()
}

pub async fn find(database: &Database, id: MachineId, revision: u64) -> Result<Option<Revision>, Failure> {
    // No machine has as many revisions as a number of the database can count.
    let Ok(revision) = i64::try_from(revision) else { return Ok(None) };
    let wanted = doc! { "machine": uuid(id.as_bytes()), "revision": revision };
    database.find(REVISIONS, wanted).await?.map(|record| read(id, &record)).transpose()
}

pub async fn list(database: &Database, id: MachineId, page: &PageRequest) -> Result<Page<Revision>, Failure> {
    let mut wanted = doc! { "machine": uuid(id.as_bytes()) };
    if let Some(cursor) = &page.after {
        wanted.insert("revision", doc! { "$lt": places::below(cursor)? });
    }
    let records = database.list(REVISIONS, wanted, doc! { "revision": -1 }, page.limit + 1).await?;
    let revisions = records.iter().map(|record| read(id, record)).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(revisions, page.limit, places::of_revision))
}

fn read(id: MachineId, record: &Document) -> Result<Revision, Failure> {
    let actor = record.has("actor").then(|| record.id("actor", UserId::from_bytes)).transpose()?;
    let machine = Machine {
        id,
        offer: row::read_offer(id, record)?,
        deleted: record.flag("deleted")?,
        revision: record.number("revision")? as u64,
        created_at: Timestamp::from_micros(record.number("created_at")?),
        updated_at: Timestamp::from_micros(record.number("at")?),
    };
    Ok(Revision { machine, actor })
}
