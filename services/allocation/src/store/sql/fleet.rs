//! The fleet's side of the store: leases on work, and what work records.

use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use kit::{AllocationId, ErrorCode, Failure, Timestamp};
use sql::{Connection, Stored as _};

use super::record::{self, Changed};
use super::rows::{self, select_allocation};
use super::{Settings, SqlStore, census, leases, locks, restored, usage, work};
use crate::domain::allocation::{Allocation, Cause, Details, PropertyValues, Reason};
use crate::domain::lifecycle::{State, follow_up};
use crate::ports::fleet::{AllocationFleet, Begin, Census, Ending, Progress, Release, Ticket};

/// The consumer that keeps its place in this file.
const HINTS: &str = "allocation.hints";
const DAY_MICROS: i64 = 86_400_000_000;
/// How many due works are looked at: more than are taken, so that replicas which look at the same find one each.
const DUE: u32 = 64;

impl SqlStore {
    /// Runs `act` on the allocation in a transaction, if the ticket still holds the work on it.
    async fn under<T, F>(&self, ticket: &Ticket, act: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection, Allocation, Settings, Ticket) -> BoxFuture<'c, Result<T, Failure>>
            + Clone
            + Send
            + 'static,
    {
        let (ticket, settings) = (ticket.clone(), self.settings.clone());
        let write = self.write(move |c| {
            Box::pin(async move {
                let allocation = work::held(c, &ticket).await?;
                act(c, allocation, settings, ticket).await
            })
        });
        write.await
    }

    /// Runs `act` in a transaction, if the allocation is as it was seen and nobody works on it.
    async fn unless_changed<F>(&self, seen: &Allocation, act: F) -> Result<bool, Failure>
    where
        F: for<'c> FnOnce(&'c mut Connection, Allocation, Settings) -> BoxFuture<'c, Result<(), Failure>>
            + Clone
            + Send
            + 'static,
    {
        let (id, revision, settings) = (seen.id, seen.revision, self.settings.clone());
        let write = self.write(move |c| {
            Box::pin(async move {
                match locks::allocation(&mut *c, id).await? {
                    Some(now) if now.revision == revision && !now.working => act(c, now, settings).await.map(|()| true),
                    _ => Ok(false),
                }
            })
        });
        write.await
    }
}

#[async_trait]
impl AllocationFleet for SqlStore {
    async fn find(&self, id: AllocationId) -> Result<Option<Allocation>, Failure> {
        rows::find(self.database.readers(), id).await
    }

    async fn live(&self) -> Result<Vec<Allocation>, Failure> {
        let query = sql::query(select_allocation!("WHERE a.state <> 'removed'"));
        query.fetch_all(self.database.readers()).await.stored()?.iter().map(rows::allocation).collect()
    }

    async fn values(&self, id: AllocationId) -> Result<PropertyValues, Failure> {
        let sealed: Option<Vec<u8>> = sql::query_scalar("SELECT sealed_values FROM allocation WHERE id = ?")
            .bind(id.as_bytes())
            .fetch_optional(self.database.readers())
            .await
            .stored()?;
        rows::unseal(&sealed.ok_or_else(|| Failure::of(ErrorCode::AllocationNotFound))?, id, &self.settings.sealing)
    }

    async fn claim(&self, owner: &str, limit: u32) -> Result<Vec<(Ticket, Allocation)>, Failure> {
        let due = work::due(self.database.readers(), limit.max(DUE)).await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let (owner, limit) = (owner.to_owned(), limit as usize);
        self.write(move |c| Box::pin(async move { work::claim(c, &due, &owner, limit).await })).await
    }

    async fn renew(&self, ticket: &Ticket) -> Result<(), Failure> {
        self.under(ticket, |c, before, _, _| Box::pin(async move { work::renew(c, before.id).await })).await
    }

    async fn save(&self, ticket: &Ticket, progress: &Progress) -> Result<(), Failure> {
        let progress = progress.clone();
        let save = self
            .under(ticket, move |c, before, _, _| Box::pin(async move { work::save(c, before.id, &progress).await }));
        save.await
    }

    async fn postpone(&self, ticket: &Ticket, progress: &Progress, pause: Duration) -> Result<(), Failure> {
        let progress = progress.clone();
        let postpone = self.under(ticket, move |c, before, _, _| {
            Box::pin(async move {
                work::save(&mut *c, before.id, &progress).await?;
                work::postpone(c, before.id, micros(pause)).await
            })
        });
        postpone.await
    }

    async fn give_back(&self, ticket: &Ticket) -> Result<(), Failure> {
        self.under(ticket, |c, before, _, _| Box::pin(async move { work::postpone(c, before.id, 0).await })).await
    }

    async fn enter(
        &self,
        ticket: &Ticket,
        state: State,
        details: &Details,
        at: Timestamp,
    ) -> Result<Allocation, Failure> {
        let details = details.clone();
        let enter = self.under(ticket, move |c, before, settings, _| {
            Box::pin(async move {
                let details = merged(&before, details);
                let reason = before.reason.clone();
                let changed = Changed {
                    desired: None,
                    state,
                    reason: reason.as_ref(),
                    details: &details,
                    cause: Cause::Platform,
                    at,
                };
                record::change(c, &settings, &before, changed).await
            })
        });
        enter.await
    }

    async fn lease_ports(&self, ticket: &Ticket, at: Timestamp) -> Result<Allocation, Failure> {
        let lease = self.under(ticket, move |c, before, settings, ticket| {
            Box::pin(async move {
                leases::lease_missing(&mut *c, &settings, &before, at).await?;
                work::held(c, &ticket).await
            })
        });
        lease.await
    }

    async fn replace_port(&self, ticket: &Ticket, bad: u16, at: Timestamp) -> Result<Allocation, Failure> {
        let replace = self.under(ticket, move |c, before, settings, ticket| {
            Box::pin(async move {
                leases::set_aside(&mut *c, &before, bad, at).await?;
                let without = work::held(&mut *c, &ticket).await?;
                leases::lease_missing(&mut *c, &settings, &without, at).await?;
                work::held(c, &ticket).await
            })
        });
        replace.await
    }

    async fn bind_ports(&self, ticket: &Ticket) -> Result<(), Failure> {
        self.under(ticket, |c, before, _, _| Box::pin(async move { leases::bind(c, &before).await })).await
    }

    async fn finish(&self, ticket: &Ticket, ending: Ending) -> Result<Allocation, Failure> {
        let (ticket, settings) = (ticket.clone(), self.settings.clone());
        let finish = self.write(move |c| {
            Box::pin(async move {
                if ending.release != Release::Nothing {
                    locks::tenant_of(&mut *c, ticket.id).await?;
                }
                let before = work::held(&mut *c, &ticket).await?;
                finish(c, &settings, &before, ending).await
            })
        });
        finish.await
    }

    async fn begin(&self, seen: &Allocation, begin: Begin) -> Result<bool, Failure> {
        let begin = self.unless_changed(seen, move |c, before, settings| {
            Box::pin(async move {
                work::begin(&mut *c, before.id, begin.work, micros(begin.pause)).await?;
                let changed = Changed {
                    desired: None,
                    state: begin.work.first_state(),
                    reason: begin.reason.as_ref(),
                    details: &begin.details,
                    cause: begin.cause,
                    at: begin.at,
                };
                record::change(c, &settings, &before, changed).await.map(drop)
            })
        });
        begin.await
    }

    async fn fail(&self, seen: &Allocation, reason: Reason, cause: Cause, at: Timestamp) -> Result<bool, Failure> {
        let fail = self.unless_changed(seen, move |c, before, settings| {
            Box::pin(async move {
                let details = before.details.clone();
                let (reason, state) = (Some(&reason), State::Failed);
                let changed = Changed { desired: None, state, reason, details: &details, cause, at };
                record::change(c, &settings, &before, changed).await.map(drop)
            })
        });
        fail.await
    }

    async fn forget_leases(&self) -> Result<u64, Failure> {
        if self.is_shared() {
            return Ok(0);
        }
        self.write(|c| Box::pin(async move { work::forget_leases(c).await })).await
    }

    async fn census(&self) -> Result<Census, Failure> {
        census::take(self.database.readers()).await
    }

    async fn restored_at(&self) -> Result<Option<Timestamp>, Failure> {
        restored::last(self.database.readers()).await
    }

    async fn hint_position(&self) -> Result<u64, Failure> {
        bus::outbox::position(&self.database, HINTS, bus::Topic::Node).await
    }

    async fn hints_heard(&self, position: u64) -> Result<(), Failure> {
        self.write(move |c| Box::pin(bus::outbox::advance(c, HINTS, bus::Topic::Node, position))).await
    }

    async fn sweep(&self, at: Timestamp) -> Result<u64, Failure> {
        let mut swept = 0;
        for (statement, before) in sweeps(at.as_micros()) {
            let sweep = self
                .write(move |c| Box::pin(async move { sql::query(statement).bind(before).execute(c).await.stored() }));
            swept += sweep.await?.rows_affected();
        }
        Ok(swept)
    }
}

/// The saga's own changes on top of what the owner may have said in the meantime.
fn merged(before: &Allocation, saga: Details) -> Details {
    Details { force: before.details.force, host_name: before.details.host_name.clone(), ..saga }
}

async fn finish(
    connection: &mut Connection,
    settings: &Settings,
    before: &Allocation,
    ending: Ending,
) -> Result<Allocation, Failure> {
    if ending.release != Release::Nothing {
        leases::release(&mut *connection, before).await?;
        usage::give_back(&mut *connection, before).await?;
    }
    if ending.release == Release::All {
        // The row answers for another month; nobody needs its passwords any more.
        let statement = sql::query("UPDATE allocation SET live_name = NULL, sealed_values = X'' WHERE id = ?");
        statement.bind(before.id.as_bytes()).execute(&mut *connection).await.stored()?;
    }
    work::end(&mut *connection, before.id).await?;
    let next = follow_up(ending.state, before.desired);
    if let Some(next) = next {
        work::begin(&mut *connection, before.id, next, 0).await?;
    }
    let details = merged(before, ending.details);
    let (cause, at, reason) = (ending.cause, ending.at, ending.reason.as_ref());
    let ended = Changed { desired: None, state: ending.state, reason, details: &details, cause, at };
    let after = record::change(&mut *connection, settings, before, ended).await?;
    match next {
        None => Ok(after),
        Some(next) => {
            let (details, state) = (after.details.clone(), next.first_state());
            let begun = Changed { desired: None, state, reason: None, details: &details, cause, at };
            record::change(connection, settings, &after, begun).await
        }
    }
}

/// Each with the time before which it takes away; in this order, so that no ledger outlives its allocation.
const fn sweeps(now: i64) -> [(&'static str, i64); 5] {
    let month = now - 30 * DAY_MICROS;
    [
        ("DELETE FROM idempotency_key WHERE created_at < ?", now - DAY_MICROS),
        ("DELETE FROM port_lease WHERE allocation_id IS NULL AND set_aside_until < ?", now),
        (
            "DELETE FROM ledger WHERE allocation_id IN (SELECT id FROM allocation WHERE state = 'removed' AND updated_at < ?)",
            month,
        ),
        ("DELETE FROM allocation WHERE state = 'removed' AND updated_at < ?", month),
        ("DELETE FROM closed_tenant WHERE at < ?", month),
    ]
}

pub(super) fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX / 2)
}
