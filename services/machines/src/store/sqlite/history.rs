//! The records of revisions: one is added with each change, none is ever changed.

use kit::{Failure, MachineId, Page, PageRequest, Timestamp, UserId};
use sql::{Connection, Readers, Row, Stored as _};

use super::row;
use crate::domain::{Machine, Revision};
use crate::store::places;

pub async fn append(c: &mut Connection, machine: &Machine, actor: Option<UserId>) -> Result<(), Failure> {
    sql::query(
        "INSERT INTO machine_revisions (machine_id, revision, at, actor, active, deleted, spec)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(machine.id.as_bytes())
    .bind(machine.revision as i64)
    .bind(machine.updated_at.as_micros())
    .bind(actor.as_ref().map(UserId::as_bytes))
    .bind(machine.offer.active)
    .bind(machine.deleted)
    .bind(row::spec_text(machine)?)
    .execute(c)
    .await
    .stored()
    .map(drop)
}

pub async fn find(readers: &Readers, id: MachineId, revision: u64) -> Result<Option<Revision>, Failure> {
    // No machine has as many revisions as a number of the database can count.
    let Ok(revision) = i64::try_from(revision) else { return Ok(None) };
    let found = sql::query(
        "SELECT r.*, m.created_at FROM machine_revisions r JOIN machines m ON m.id = r.machine_id
         WHERE r.machine_id = ? AND r.revision = ?",
    )
    .bind(id.as_bytes())
    .bind(revision)
    .fetch_optional(readers)
    .await
    .stored()?;
    found.map(|row| read(id, &row)).transpose()
}

pub async fn list(readers: &Readers, id: MachineId, page: &PageRequest) -> Result<Page<Revision>, Failure> {
    let rows = sql::query(
        "SELECT r.*, m.created_at FROM machine_revisions r JOIN machines m ON m.id = r.machine_id
         WHERE r.machine_id = ?1 AND (?2 IS NULL OR r.revision < ?2) ORDER BY r.revision DESC LIMIT ?3",
    )
    .bind(id.as_bytes())
    .bind(page.after.as_ref().map(places::below).transpose()?)
    .bind(page.limit + 1)
    .fetch_all(readers)
    .await
    .stored()?;
    let revisions = rows.iter().map(|row| read(id, row)).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(revisions, page.limit, places::of_revision))
}

fn read(id: MachineId, row: &Row) -> Result<Revision, Failure> {
    let actor = row.get::<Option<&[u8]>>("actor").map(|bytes| {
        UserId::from_bytes(bytes).ok_or_else(|| Failure::internal(format!("a revision of {id} has a broken actor")))
    });
    let machine = Machine {
        id,
        offer: row::read_offer(id, row)?,
        deleted: row.get("deleted"),
        revision: row.get::<i64>("revision") as u64,
        created_at: Timestamp::from_micros(row.get("created_at")),
        updated_at: Timestamp::from_micros(row.get("at")),
    };
    Ok(Revision { machine, actor: actor.transpose()? })
}
