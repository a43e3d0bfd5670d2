//! Changes that somebody asked for: a wish with the work that it takes, or another name.

use kit::{ErrorCode, Failure};
use sql::{Connection, Stored as _, is_unique_violation};

use super::record::{self, Changed, name_taken};
use super::{Settings, closed, leases, rows, usage, work};
use crate::domain::allocation::Allocation;
use crate::domain::lifecycle::{Decision, Desired, State, Verb, Work, decide};
use crate::ports::store::{Change, Word};

/// Notes a wish and begins what it takes; recorded also where there is nothing to do.
pub async fn apply(
    connection: &mut Connection,
    settings: &Settings,
    before: &Allocation,
    change: &Change,
) -> Result<Allocation, Failure> {
    if change.verb.desired() == Desired::Running {
        closed::require_open(connection, before.tenant).await?;
    }
    let decision = decide(change.verb, before.state, before.desired, before.working, before.details.ever_ran);
    let mut details = before.details.clone();
    details.force |= change.force && change.verb == Verb::Remove;
    details.crashes = 0;
    let changed = |state, reason| Changed {
        desired: Some(change.verb.desired()),
        state,
        reason,
        details: &details,
        cause: change.word.cause,
        at: change.word.at,
    };
    match decision {
        Decision::Removed => Err(Failure::of(ErrorCode::AllocationRemoved)),
        Decision::Busy => Err(Failure::of(ErrorCode::AllocationBusy)),
        Decision::Already if before.desired == change.verb.desired() && details.force == before.details.force => {
            Ok(before.clone())
        }
        Decision::Already | Decision::Later => {
            record::change(connection, settings, before, changed(before.state, before.reason.as_ref())).await
        }
        Decision::Begin(next) => {
            if next == Work::Create {
                usage::take(connection, before, change.default_quota).await?;
                leases::lease_missing(connection, settings, before, change.word.at).await?;
            }
            if change.new_port && next == Work::Start {
                leases::give_up(connection, before, change.word.at).await?;
                let without = rows::find(&mut *connection, before.id).await?;
                let without = without.ok_or_else(|| Failure::of(ErrorCode::AllocationNotFound))?;
                leases::lease_missing(connection, settings, &without, change.word.at).await?;
            }
            work::begin(connection, before.id, next, 0).await?;
            record::change(connection, settings, before, changed(next.first_state(), None)).await
        }
    }
}

/// Sets the name. No container is touched: the program keeps its host name.
pub async fn rename(
    connection: &mut Connection,
    settings: &Settings,
    before: &Allocation,
    name: &str,
    word: &Word,
) -> Result<Allocation, Failure> {
    if before.state == State::Removed {
        return Err(Failure::of(ErrorCode::AllocationRemoved));
    }
    if before.name == name {
        return Ok(before.clone());
    }
    let mut details = before.details.clone();
    details.host_name.get_or_insert_with(|| before.name.clone());
    let renamed = sql::query(
        "UPDATE allocation SET name = ?, live_name = ?, details = ?, updated_at = ?, revision = revision + 1 WHERE id = ?",
    )
    .bind(name)
    .bind(name)
    .bind(serde_json::to_string(&details).map_err(Failure::internal)?)
    .bind(word.at.as_micros())
    .bind(before.id.as_bytes())
    .execute(&mut *connection)
    .await;
    match renamed {
        Err(error) if is_unique_violation(&error) => return Err(name_taken(name)),
        other => other.stored()?,
    };
    let after = rows::find(&mut *connection, before.id).await?;
    let after = after.ok_or_else(|| Failure::internal("a renamed allocation is not there"))?;
    record::announce_renamed(connection, settings, &after, word.cause).await?;
    Ok(after)
}
