//! Host ports: unique per site and protocol, drawn at random from the site's range.

use kit::{ErrorCode, Failure, Timestamp};
use sql::{Connection, Stored as _};

use super::Settings;
use crate::domain::allocation::{Allocation, PortLease};

/// How long a port that something else has bound is left alone.
const SET_ASIDE_MICROS: i64 = 600_000_000;
/// How many ports are drawn before the range is searched from its beginning.
const DRAWS: u32 = 16;

/// Leases every port that has none yet. `site_full`.
pub async fn lease_missing(
    connection: &mut Connection,
    settings: &Settings,
    allocation: &Allocation,
    at: Timestamp,
) -> Result<(), Failure> {
    for port in allocation.ports.iter().filter(|port| port.host_port.is_none()) {
        lease(connection, settings, allocation, port, at).await?;
    }
    Ok(())
}

async fn lease(
    connection: &mut Connection,
    settings: &Settings,
    allocation: &Allocation,
    port: &PortLease,
    at: Timestamp,
) -> Result<(), Failure> {
    sql::query("DELETE FROM port_lease WHERE allocation_id IS NULL AND set_aside_until <= ?")
        .bind(at.as_micros())
        .execute(&mut *connection)
        .await
        .stored()?;
    let (first, last) = settings.ports;
    let span = u32::from(last) - u32::from(first) + 1;
    for _ in 0..DRAWS {
        let drawn = u32::from(first) + settings.ambient.below(span);
        if insert(connection, allocation, port, drawn).await? {
            return Ok(());
        }
    }
    let free: Option<u32> = sql::query_scalar(
        "WITH RECURSIVE candidate (port) AS (SELECT ?1 UNION ALL SELECT port + 1 FROM candidate WHERE port < ?2)
         SELECT port FROM candidate WHERE NOT EXISTS
             (SELECT 1 FROM port_lease l WHERE l.site = ?3 AND l.protocol = ?4 AND l.port = candidate.port) LIMIT 1",
    )
    .bind(first)
    .bind(last)
    .bind(allocation.site.as_str())
    .bind(port.protocol.as_str())
    .fetch_optional(&mut *connection)
    .await
    .stored()?;
    match free {
        Some(free) if insert(connection, allocation, port, free).await? => Ok(()),
        _ => Err(Failure::new(ErrorCode::SiteFull, "This site has no host port left.")),
    }
}

async fn insert(
    connection: &mut Connection,
    allocation: &Allocation,
    port: &PortLease,
    number: u32,
) -> Result<bool, Failure> {
    let done = sql::query(
        "INSERT INTO port_lease (site, protocol, port, allocation_id, name, bound) VALUES (?, ?, ?, ?, ?, 0)
         ON CONFLICT DO NOTHING",
    )
    .bind(allocation.site.as_str())
    .bind(port.protocol.as_str())
    .bind(number)
    .bind(allocation.id.as_bytes())
    .bind(&port.name)
    .execute(connection)
    .await
    .stored()?;
    Ok(done.rows_affected() == 1)
}

/// Sets a port aside that the allocation holds but cannot bind.
pub async fn set_aside(
    connection: &mut Connection,
    allocation: &Allocation,
    bad: u16,
    at: Timestamp,
) -> Result<(), Failure> {
    sql::query(
        "UPDATE port_lease SET allocation_id = NULL, set_aside_until = ?
         WHERE site = ? AND port = ? AND allocation_id = ? AND bound = 0",
    )
    .bind(at.as_micros() + SET_ASIDE_MICROS)
    .bind(allocation.site.as_str())
    .bind(bad)
    .bind(allocation.id.as_bytes())
    .execute(connection)
    .await
    .stored()
    .map(drop)
}

/// Gives up ports that were bound, at their owner's wish; nobody gets them for a while.
pub async fn give_up(connection: &mut Connection, allocation: &Allocation, at: Timestamp) -> Result<(), Failure> {
    sql::query("UPDATE port_lease SET allocation_id = NULL, bound = 0, set_aside_until = ? WHERE allocation_id = ?")
        .bind(at.as_micros() + SET_ASIDE_MICROS)
        .bind(allocation.id.as_bytes())
        .execute(connection)
        .await
        .stored()
        .map(drop)
}

pub async fn bind(connection: &mut Connection, allocation: &Allocation) -> Result<(), Failure> {
    let statement = sql::query("UPDATE port_lease SET bound = 1 WHERE allocation_id = ?");
    statement.bind(allocation.id.as_bytes()).execute(connection).await.stored().map(drop)
}

pub async fn release(connection: &mut Connection, allocation: &Allocation) -> Result<(), Failure> {
    let statement = sql::query("DELETE FROM port_lease WHERE allocation_id = ?");
    statement.bind(allocation.id.as_bytes()).execute(connection).await.stored().map(drop)
}
