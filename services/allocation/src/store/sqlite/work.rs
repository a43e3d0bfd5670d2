//! Who works on what. Leases are on the database's clock, so that replicas need not agree on the time.

use kit::{AllocationId, ErrorCode, Failure};
use sql::{Connection, Stored as _};

use crate::domain::allocation::Allocation;
use crate::domain::lifecycle::Work;
use crate::ports::{Progress, Ticket};

/// Microseconds since the epoch, by the database's clock.
macro_rules! now {
    () => {
        "CAST(unixepoch('subsec') * 1000000 AS INTEGER)"
    };
}

/// How long a lease lasts, in microseconds.
const LEASE: i64 = 10_000_000;

/// Begins a work in place of any other: whoever held that one finds its ticket void.
pub async fn begin(
    connection: &mut Connection,
    id: AllocationId,
    work: Work,
    pause_micros: i64,
) -> Result<(), Failure> {
    let progress = serde_json::to_string(&Progress::default()).map_err(Failure::internal)?;
    sql::query(concat!(
        "INSERT INTO work (allocation_id, work, progress, generation, not_before) VALUES (?1, ?2, ?3, 1, ",
        now!(),
        " + ?4) ON CONFLICT (allocation_id) DO UPDATE SET work = excluded.work, progress = excluded.progress,
            generation = generation + 1, owner = NULL, lease_until = NULL, not_before = excluded.not_before"
    ))
    .bind(id.as_bytes())
    .bind(work.as_str())
    .bind(progress)
    .bind(pause_micros)
    .execute(connection)
    .await
    .stored()
    .map(drop)
}

pub async fn end(connection: &mut Connection, id: AllocationId) -> Result<(), Failure> {
    let statement = sql::query("DELETE FROM work WHERE allocation_id = ?");
    statement.bind(id.as_bytes()).execute(connection).await.stored().map(drop)
}

/// Whether a claim would find anything: asked first, because a claim is a transaction.
pub async fn any_due(readers: &sql::Readers) -> Result<bool, Failure> {
    let found: i64 = sql::query_scalar(concat!(
        "SELECT EXISTS (SELECT 1 FROM work WHERE not_before <= ",
        now!(),
        " AND (lease_until IS NULL OR lease_until < ",
        now!(),
        "))"
    ))
    .fetch_one(readers)
    .await
    .stored()?;
    Ok(found != 0)
}

/// Takes what is due and free. Each taking is a new epoch of its allocation.
pub async fn claim(connection: &mut Connection, owner: &str, limit: u32) -> Result<Vec<(Ticket, Allocation)>, Failure> {
    let due = sql::query(concat!(
        "SELECT allocation_id, work, progress, generation FROM work WHERE not_before <= ",
        now!(),
        " AND (lease_until IS NULL OR lease_until < ",
        now!(),
        ") ORDER BY not_before LIMIT ?"
    ))
    .bind(limit)
    .fetch_all(&mut *connection)
    .await
    .stored()?;
    let mut claimed = Vec::with_capacity(due.len());
    for row in due {
        let broken = |what: &str| Failure::internal(format!("a row of work has a broken {what}"));
        let id = AllocationId::from_bytes(row.get("allocation_id")).ok_or_else(|| broken("id"))?;
        sql::query("UPDATE allocation SET epoch = epoch + 1 WHERE id = ?")
            .bind(id.as_bytes())
            .execute(&mut *connection)
            .await
            .stored()?;
        sql::query(concat!("UPDATE work SET owner = ?, lease_until = ", now!(), " + ? WHERE allocation_id = ?"))
            .bind(owner)
            .bind(LEASE)
            .bind(id.as_bytes())
            .execute(&mut *connection)
            .await
            .stored()?;
        let allocation = super::rows::find(&mut *connection, id).await?.ok_or_else(|| broken("allocation"))?;
        let ticket = Ticket {
            id,
            work: Work::parse(row.get("work")).ok_or_else(|| broken("work"))?,
            epoch: allocation.epoch,
            generation: row.get("generation"),
            progress: serde_json::from_str(row.get("progress")).map_err(|_| broken("progress"))?,
        };
        claimed.push((ticket, allocation));
    }
    Ok(claimed)
}

/// The allocation, if the ticket still holds the work on it. `stale_epoch` otherwise.
pub async fn held(connection: &mut Connection, ticket: &Ticket) -> Result<Allocation, Failure> {
    let generation: Option<i64> = sql::query_scalar(
        "SELECT w.generation FROM work w JOIN allocation a ON a.id = w.allocation_id
         WHERE w.allocation_id = ? AND w.generation = ? AND a.epoch = ? AND w.owner IS NOT NULL",
    )
    .bind(ticket.id.as_bytes())
    .bind(ticket.generation)
    .bind(ticket.epoch as i64)
    .fetch_optional(&mut *connection)
    .await
    .stored()?;
    let stale = || Failure::of(ErrorCode::StaleEpoch);
    generation.ok_or_else(stale)?;
    super::rows::find(connection, ticket.id).await?.ok_or_else(stale)
}

pub async fn renew(connection: &mut Connection, ticket: &Ticket) -> Result<(), Failure> {
    held(&mut *connection, ticket).await?;
    sql::query(concat!("UPDATE work SET lease_until = ", now!(), " + ? WHERE allocation_id = ?"))
        .bind(LEASE)
        .bind(ticket.id.as_bytes())
        .execute(connection)
        .await
        .stored()
        .map(drop)
}

pub async fn save(connection: &mut Connection, ticket: &Ticket, progress: &Progress) -> Result<(), Failure> {
    held(&mut *connection, ticket).await?;
    let progress = serde_json::to_string(progress).map_err(Failure::internal)?;
    let statement = sql::query("UPDATE work SET progress = ? WHERE allocation_id = ?");
    statement.bind(progress).bind(ticket.id.as_bytes()).execute(connection).await.stored().map(drop)
}

pub async fn postpone(connection: &mut Connection, ticket: &Ticket, pause_micros: i64) -> Result<(), Failure> {
    sql::query(concat!(
        "UPDATE work SET owner = NULL, lease_until = NULL, not_before = ",
        now!(),
        " + ? WHERE allocation_id = ?"
    ))
    .bind(pause_micros)
    .bind(ticket.id.as_bytes())
    .execute(connection)
    .await
    .stored()
    .map(drop)
}

pub async fn forget_leases(connection: &mut Connection) -> Result<u64, Failure> {
    let done = sql::query("UPDATE work SET owner = NULL, lease_until = NULL WHERE owner IS NOT NULL");
    done.execute(connection).await.stored().map(|done| done.rows_affected())
}
