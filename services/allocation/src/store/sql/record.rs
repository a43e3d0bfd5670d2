//! The one place where a change of an allocation becomes a row, a line of the ledger, an event and an act: all or none.
//! Every change is a revision and an event of that revision; the ledger is about states and has a line for those that set one.

use bus::{Event, Topic};
use kit::{Act, ErrorCode, Failure, ServiceName};
use sql::{Connection, Stored as _};

use super::Settings;
use crate::domain::allocation::{Allocation, Cause, Details, Reason};
use crate::domain::lifecycle::{Desired, State};
use crate::events;

/// What a change sets. `None` leaves as it is.
pub struct Changed<'a> {
    pub desired: Option<Desired>,
    pub state: State,
    pub reason: Option<&'a Reason>,
    pub details: &'a Details,
    pub cause: Cause,
    pub at: kit::Timestamp,
}

/// Writes a change of `before` and announces it; returns the allocation after it.
pub async fn change(
    connection: &mut Connection,
    settings: &Settings,
    before: &Allocation,
    changed: Changed<'_>,
) -> Result<Allocation, Failure> {
    if changed.state != before.state && !before.state.may_become(changed.state) {
        let (from, to) = (before.state.as_str(), changed.state.as_str());
        return Err(Failure::internal(format!("{} cannot become {to} from {from}", before.id)));
    }
    let desired = changed.desired.unwrap_or(before.desired);
    let details = serde_json::to_string(changed.details).map_err(Failure::internal)?;
    sql::query(
        "UPDATE allocation SET desired = ?, state = ?, reason_code = ?, reason = ?, details = ?, updated_at = ?,
             revision = revision + 1 WHERE id = ?",
    )
    .bind(desired.as_str())
    .bind(changed.state.as_str())
    .bind(changed.reason.map(|reason| reason.code.as_str()))
    .bind(changed.reason.map(|reason| reason.detail.as_str()))
    .bind(details)
    .bind(changed.at.as_micros())
    .bind(before.id.as_bytes())
    .execute(&mut *connection)
    .await
    .stored()?;
    let after = super::rows::find(&mut *connection, before.id).await?;
    let after = after.ok_or_else(|| Failure::internal("a changed allocation is not there"))?;
    let what = difference(before, &after);
    announce(connection, settings, &after, changed.cause, &what).await?;
    Ok(after)
}

/// The ledger's line and the event of an allocation as it is now.
pub async fn announce(
    connection: &mut Connection,
    settings: &Settings,
    allocation: &Allocation,
    cause: Cause,
    changed: &[&str],
) -> Result<(), Failure> {
    sql::query(
        "INSERT INTO ledger (allocation_id, revision, at, state, reason_code, reason, cause, actor)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(allocation.id.as_bytes())
    .bind(allocation.revision as i64)
    .bind(allocation.updated_at.as_micros())
    .bind(allocation.state.as_str())
    .bind(allocation.reason.as_ref().map(|reason| reason.code.as_str()))
    .bind(allocation.reason.as_ref().map(|reason| reason.detail.as_str()))
    .bind(cause.kind())
    .bind(cause.actor().as_ref().map(kit::UserId::as_bytes))
    .execute(&mut *connection)
    .await
    .stored()?;
    let kind = format!("allocation.{}", allocation.state.as_str());
    append(connection, settings, allocation, kind, cause, changed).await
}

/// The event of an allocation that has another name now. It is in the state that it was in: the ledger gets no line.
pub async fn announce_renamed(
    connection: &mut Connection,
    settings: &Settings,
    allocation: &Allocation,
    cause: Cause,
) -> Result<(), Failure> {
    append(connection, settings, allocation, "allocation.renamed".to_owned(), cause, &["name"]).await
}

/// The event of an allocation as it is, under the revision that it has. Nothing of it is said to have changed.
pub async fn announce_again(
    connection: &mut Connection,
    settings: &Settings,
    allocation: &Allocation,
) -> Result<(), Failure> {
    let kind = bus::republish::kind(Topic::Allocation, allocation.state == State::Removed);
    append(connection, settings, allocation, kind.to_owned(), Cause::Platform, &[]).await
}

async fn append(
    connection: &mut Connection,
    settings: &Settings,
    allocation: &Allocation,
    kind: String,
    cause: Cause,
    changed: &[&str],
) -> Result<(), Failure> {
    let payload = events::event(allocation, &settings.public_host, cause, changed);
    let (topic, source) = (Topic::Allocation, ServiceName::Allocation);
    let event = Event::new(&settings.ambient, topic, source, kind, allocation.id, allocation.revision, &payload);
    bus::outbox::append(connection, &event).await
}

/// The act's row for the audit list, under the name that the allocation has after it.
pub async fn act(
    connection: &mut Connection,
    settings: &Settings,
    act: Act,
    allocation: &Allocation,
) -> Result<(), Failure> {
    let act = act.detail("name", &allocation.name);
    bus::audit::append(connection, &settings.ambient, ServiceName::Allocation, &act).await
}

/// Names are unique among a tenant's living.
pub fn name_taken(name: &str) -> Failure {
    Failure::new(ErrorCode::NameTaken, format!("You have an allocation called {name} already.")).field("name")
}

fn difference(before: &Allocation, after: &Allocation) -> Vec<&'static str> {
    let mut changed = Vec::new();
    let mut note = |name, differs: bool| {
        if differs {
            changed.push(name);
        }
    };
    note("desired", before.desired != after.desired);
    note("state", before.state != after.state);
    note("reason", before.reason != after.reason);
    note("ports", before.ports != after.ports);
    note("image_digest", before.details.image_digest != after.details.image_digest);
    note("started_at", before.details.started_at != after.details.started_at);
    changed
}
