//! Host ports: unique per site and protocol, drawn at random from the site's range.

use std::collections::BTreeSet;

use kit::{ErrorCode, Failure, Timestamp};
use sql::{Connection, Stored as _};

use super::Settings;
use crate::domain::allocation::{Allocation, PortLease};

/// How long a port that something else has bound is left alone.
const SET_ASIDE_MICROS: i64 = 600_000_000;
/// How many ports are drawn before the free ones are looked for: in a range that is half full, one in 65,536 needs more.
const DRAWS: u32 = 16;

/// Leases every port that has none yet. `site_full`.
pub async fn lease_missing(
    connection: &mut Connection,
    settings: &Settings,
    allocation: &Allocation,
    at: Timestamp,
) -> Result<(), Failure> {
    for port in allocation.ports.iter().filter(|port| port.host_port.is_none()) {
        if !draw(connection, settings, allocation, port).await? {
            search(connection, settings, allocation, port, at).await?;
        }
    }
    Ok(())
}

/// Tries a few at random. The row's key says whether a port is free, whoever else draws at the same time.
async fn draw(
    connection: &mut Connection,
    settings: &Settings,
    allocation: &Allocation,
    port: &PortLease,
) -> Result<bool, Failure> {
    let (first, last) = settings.ports;
    let span = u32::from(last) - u32::from(first) + 1;
    for _ in 0..DRAWS {
        let drawn = u32::from(first) + settings.ambient.below(span);
        if insert(connection, allocation, port, drawn).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Looks which are free, and takes one of those at random. One that another takes first is not free after all.
async fn search(
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
    let taken: Vec<u32> = sql::query_scalar("SELECT port FROM port_lease WHERE site = ? AND protocol = ?")
        .bind(allocation.site.as_str())
        .bind(port.protocol.as_str())
        .fetch_all(&mut *connection)
        .await
        .stored()?;
    let taken: BTreeSet<u32> = taken.into_iter().collect();
    let (first, last) = settings.ports;
    let range = u32::from(first)..=u32::from(last);
    let mut free: Vec<u32> = range.filter(|number| !taken.contains(number)).collect();
    while !free.is_empty() {
        let drawn = free.swap_remove(settings.ambient.below(free.len() as u32) as usize);
        if insert(connection, allocation, port, drawn).await? {
            return Ok(());
        }
    }
    Err(Failure::new(ErrorCode::SiteFull, "This site has no host port left."))
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
