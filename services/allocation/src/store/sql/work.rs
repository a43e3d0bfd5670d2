//! Who works on what. Leases are on the database's clock, so that replicas need not agree on the time.

use kit::{AllocationId, ErrorCode, Failure};
use sql::{Connection, Readers, Row, Stored as _};

use super::{locks, rows};
use crate::domain::allocation::Allocation;
use crate::domain::lifecycle::Work;
use crate::ports::{Progress, Ticket};

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
    sql::query(
        "INSERT INTO work (allocation_id, work, progress, generation, not_before)
         VALUES (?1, ?2, ?3, 1, NOW_MICROS() + ?4)
         ON CONFLICT (allocation_id) DO UPDATE SET work = excluded.work, progress = excluded.progress,
             generation = generation + 1, owner = NULL, lease_until = NULL, not_before = excluded.not_before",
    )
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

/// What is due and free, longest first. Only looked at: others may look at the same.
pub async fn due(readers: &Readers, limit: u32) -> Result<Vec<AllocationId>, Failure> {
    let found: Vec<Vec<u8>> = sql::query_scalar(
        "SELECT allocation_id FROM work WHERE not_before <= NOW_MICROS()
             AND (lease_until IS NULL OR lease_until < NOW_MICROS()) ORDER BY not_before LIMIT ?",
    )
    .bind(limit)
    .fetch_all(readers)
    .await
    .stored()?;
    found.iter().map(|id| AllocationId::from_bytes(id).ok_or_else(|| broken("id"))).collect()
}

/// Takes up to `limit` of what was due, of that what still is. Each taking is a new epoch of its allocation. What another
/// has its hands on is passed over and not waited for.
pub async fn claim(
    connection: &mut Connection,
    due: &[AllocationId],
    owner: &str,
    limit: usize,
) -> Result<Vec<(Ticket, Allocation)>, Failure> {
    let mut claimed = Vec::new();
    for id in due {
        if claimed.len() == limit {
            break;
        }
        claimed.extend(claim_one(connection, *id, owner).await?);
    }
    Ok(claimed)
}

async fn claim_one(
    connection: &mut Connection,
    id: AllocationId,
    owner: &str,
) -> Result<Option<(Ticket, Allocation)>, Failure> {
    let row = sql::query(
        "SELECT w.work, w.progress, w.generation FROM work w JOIN allocation a ON a.id = w.allocation_id
         WHERE w.allocation_id = ? AND w.not_before <= NOW_MICROS()
             AND (w.lease_until IS NULL OR w.lease_until < NOW_MICROS()) FOR UPDATE SKIP LOCKED",
    )
    .bind(id.as_bytes())
    .fetch_optional(&mut *connection)
    .await
    .stored()?;
    let Some(row) = row else { return Ok(None) };
    sql::query("UPDATE allocation SET epoch = epoch + 1 WHERE id = ?")
        .bind(id.as_bytes())
        .execute(&mut *connection)
        .await
        .stored()?;
    sql::query("UPDATE work SET owner = ?, lease_until = NOW_MICROS() + ? WHERE allocation_id = ?")
        .bind(owner)
        .bind(LEASE)
        .bind(id.as_bytes())
        .execute(&mut *connection)
        .await
        .stored()?;
    let allocation = rows::find(connection, id).await?.ok_or_else(|| broken("allocation"))?;
    Ok(Some((ticket(&row, &allocation)?, allocation)))
}

fn ticket(row: &Row, allocation: &Allocation) -> Result<Ticket, Failure> {
    Ok(Ticket {
        id: allocation.id,
        work: Work::parse(row.get("work")).ok_or_else(|| broken("work"))?,
        epoch: allocation.epoch,
        generation: row.get("generation"),
        progress: serde_json::from_str(row.get("progress")).map_err(|_| broken("progress"))?,
    })
}

/// The allocation, locked, if the ticket still holds the work on it. `stale_epoch` otherwise: another took it over, which
/// is another epoch, or another work took its place. A lease that ran out and that nobody took holds as well as any.
pub async fn held(connection: &mut Connection, ticket: &Ticket) -> Result<Allocation, Failure> {
    let stale = || Failure::of(ErrorCode::StaleEpoch);
    let allocation = locks::allocation(&mut *connection, ticket.id).await?;
    let allocation = allocation.filter(|allocation| allocation.epoch == ticket.epoch).ok_or_else(stale)?;
    let generation: Option<i64> = sql::query_scalar(
        "SELECT generation FROM work WHERE allocation_id = ? AND generation = ? AND owner IS NOT NULL",
    )
    .bind(ticket.id.as_bytes())
    .bind(ticket.generation)
    .fetch_optional(connection)
    .await
    .stored()?;
    generation.map(|_| allocation).ok_or_else(stale)
}

/// Holds the lease for 10 s more.
pub async fn renew(connection: &mut Connection, id: AllocationId) -> Result<(), Failure> {
    sql::query("UPDATE work SET lease_until = NOW_MICROS() + ? WHERE allocation_id = ?")
        .bind(LEASE)
        .bind(id.as_bytes())
        .execute(connection)
        .await
        .stored()
        .map(drop)
}

pub async fn save(connection: &mut Connection, id: AllocationId, progress: &Progress) -> Result<(), Failure> {
    let progress = serde_json::to_string(progress).map_err(Failure::internal)?;
    let statement = sql::query("UPDATE work SET progress = ? WHERE allocation_id = ?");
    statement.bind(progress).bind(id.as_bytes()).execute(connection).await.stored().map(drop)
}

/// Gives the work back; nobody takes it before the pause is over.
pub async fn postpone(connection: &mut Connection, id: AllocationId, pause_micros: i64) -> Result<(), Failure> {
    sql::query(
        "UPDATE work SET owner = NULL, lease_until = NULL, not_before = NOW_MICROS() + ? WHERE allocation_id = ?",
    )
    .bind(pause_micros)
    .bind(id.as_bytes())
    .execute(connection)
    .await
    .stored()
    .map(drop)
}

/// Frees all that is held.
pub async fn forget_leases(connection: &mut Connection) -> Result<u64, Failure> {
    let done = sql::query("UPDATE work SET owner = NULL, lease_until = NULL WHERE owner IS NOT NULL");
    done.execute(connection).await.stored().map(sql::Done::rows_affected)
}

fn broken(what: &str) -> Failure {
    Failure::internal(format!("a row of work has a broken {what}"))
}
