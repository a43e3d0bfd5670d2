//! One machine to and from its row.

use kit::{ErrorCode, Failure, MachineId, Timestamp};
use sql::{Connection, Row, Stored as _, is_unique_violation};

use crate::domain::{Machine, Offer, Search};

pub fn read(row: &Row) -> Result<Machine, Failure> {
    let id =
        MachineId::from_bytes(row.get("id")).ok_or_else(|| Failure::internal("a machine's row has a broken id"))?;
    Ok(Machine {
        id,
        offer: read_offer(id, row)?,
        deleted: row.get::<Option<&str>>("live_name").is_none(),
        revision: row.get::<i64>("revision") as u64,
        created_at: Timestamp::from_micros(row.get("created_at")),
        updated_at: Timestamp::from_micros(row.get("updated_at")),
    })
}

/// From the columns `spec` and `active`.
pub fn read_offer(id: MachineId, row: &Row) -> Result<Offer, Failure> {
    let spec = serde_json::from_str(row.get("spec"))
        .map_err(|error| Failure::internal(format!("the description of machine {id} cannot be read: {error}")))?;
    Ok(Offer { spec, active: row.get("active") })
}

/// `NameTaken` where the name lives already.
pub async fn insert(c: &mut Connection, machine: &Machine) -> Result<(), Failure> {
    let name = &machine.offer.spec.name;
    let done = sql::query(
        "INSERT INTO machines (id, name, live_name, category, search, spec, active, revision, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(machine.id.as_bytes())
    .bind(name)
    .bind((!machine.deleted).then_some(name))
    .bind(&machine.offer.spec.category)
    .bind(Search::index(&machine.offer.spec))
    .bind(spec_text(machine)?)
    .bind(machine.offer.active)
    .bind(machine.revision as i64)
    .bind(machine.created_at.as_micros())
    .bind(machine.updated_at.as_micros())
    .execute(c)
    .await;
    named(machine, done).map(drop)
}

/// `RevisionMismatch` where `before` is not what stands there, `NameTaken` where another one has the new name.
pub async fn update(c: &mut Connection, before: &Machine, after: &Machine) -> Result<(), Failure> {
    let name = &after.offer.spec.name;
    let done = sql::query(
        "UPDATE machines SET name = ?, live_name = ?, category = ?, search = ?, spec = ?, active = ?, revision = ?,
         updated_at = ? WHERE id = ? AND revision = ? AND live_name IS NOT NULL",
    )
    .bind(name)
    .bind((!after.deleted).then_some(name))
    .bind(&after.offer.spec.category)
    .bind(Search::index(&after.offer.spec))
    .bind(spec_text(after)?)
    .bind(after.offer.active)
    .bind(after.revision as i64)
    .bind(after.updated_at.as_micros())
    .bind(before.id.as_bytes())
    .bind(before.revision as i64)
    .execute(c)
    .await;
    match named(after, done)?.rows_affected() {
        0 => Err(Failure::of(ErrorCode::RevisionMismatch)),
        _ => Ok(()),
    }
}

/// A description as it is stored.
pub fn spec_text(machine: &Machine) -> Result<String, Failure> {
    serde_json::to_string(&machine.offer.spec).map_err(Failure::internal)
}

fn named(machine: &Machine, done: Result<sql::Done, sqlx::Error>) -> Result<sql::Done, Failure> {
    match done {
        Err(error) if is_unique_violation(&error) => {
            let name = &machine.offer.spec.name;
            Err(Failure::new(ErrorCode::NameTaken, format!("There is a machine called {name} already.")).field("name"))
        }
        done => done.stored(),
    }
}
