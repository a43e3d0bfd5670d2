//! Leases as rows: one a shard from the start, so that two relays that want it wait for each other at that row.

use std::time::Duration;

use async_trait::async_trait;
use kit::Failure;
use sql::{QueryBuilder, Stored as _};

use super::{SqlOutbox, list};
use crate::ports::{Leases, RelayId, Roll};
use crate::shard::Shard;

fn micros(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}

fn numbers(shards: &[Shard]) -> Vec<i64> {
    shards.iter().map(|shard| i64::from(shard.number())).collect()
}

fn shard(number: i64) -> Option<Shard> {
    u8::try_from(number).ok().and_then(Shard::new)
}

/// How long a relay that ended without leaving is kept, in microseconds.
const SILENCE: i64 = 60_000_000;
/// Stands where a row is of a relay and not of a lease.
const NO_SHARD: i64 = -1;

/// A row of the roll: the shard, whose it is, and how many microseconds are left.
type Line = (i64, Vec<u8>, i64);

fn roll(lines: &[Line]) -> Roll {
    let present = || lines.iter().filter(|(.., left)| *left > 0);
    let holder = |(number, relay, _): &Line| Some((shard(*number)?, RelayId::from_bytes(relay)?));
    Roll {
        relays: present().filter(|(number, ..)| *number == NO_SHARD).count(),
        holders: present().filter_map(holder).collect(),
    }
}

impl SqlOutbox {
    async fn strike(&self, relay: Vec<u8>) -> Result<(), Failure> {
        let work = self.database.write(move |connection| {
            Box::pin(async move {
                let query = sql::query("DELETE FROM relay WHERE relay = ?").bind(relay);
                query.execute(connection).await.stored().map(drop)
            })
        });
        work.await
    }
}

#[async_trait]
impl Leases for SqlOutbox {
    async fn attend(&self, relay: RelayId, length: Duration) -> Result<Roll, Failure> {
        let work = self.database.write(move |connection| {
            Box::pin(async move {
                sql::query(
                    "INSERT INTO relay (relay, until) VALUES (?, NOW_MICROS() + ?)
                     ON CONFLICT (relay) DO UPDATE SET until = excluded.until",
                )
                .bind(relay.as_bytes())
                .bind(micros(length))
                .execute(connection)
                .await
                .stored()
                .map(drop)
            })
        });
        work.await?;
        // All that there is to know in one question: relays ask it every few seconds.
        let lines: Vec<Line> = sql::query_as(
            "SELECT shard, relay, until - NOW_MICROS() FROM relay_lease
             UNION ALL SELECT -1, relay, until - NOW_MICROS() FROM relay",
        )
        .fetch_all(self.database.readers())
        .await
        .stored()?;
        // Named one by one: a range would lock the others out on a server.
        for (_, silent, _) in lines.iter().filter(|(number, _, left)| *number == NO_SHARD && *left < -SILENCE) {
            self.strike(silent.clone()).await?;
        }
        Ok(roll(&lines))
    }

    async fn take(&self, relay: RelayId, shards: &[Shard], length: Duration) -> Result<Vec<Shard>, Failure> {
        let wanted = numbers(shards);
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let work = self.database.write(move |connection| {
            Box::pin(async move {
                let mut take = QueryBuilder::new("UPDATE relay_lease SET relay = ");
                take.push_bind(relay.as_bytes()).push(", until = NOW_MICROS() + ").push_bind(micros(length));
                take.push(" WHERE shard IN ");
                list(&mut take, wanted.iter().copied());
                take.push(" AND (until <= NOW_MICROS() OR relay = ").push_bind(relay.as_bytes()).push(")");
                let taken = take.build().execute(&mut *connection).await.stored()?.rows_affected();
                if taken == wanted.len() as u64 {
                    return Ok(wanted.into_iter().filter_map(shard).collect());
                }
                let mut held = QueryBuilder::new("SELECT shard FROM relay_lease WHERE shard IN ");
                list(&mut held, wanted.iter().copied());
                held.push(" AND relay = ").push_bind(relay.as_bytes()).push(" ORDER BY shard");
                let rows = held.build().fetch_all(connection).await.stored()?;
                Ok(rows.iter().filter_map(|row| shard(row.get("shard"))).collect())
            })
        });
        work.await
    }

    async fn give_back(&self, relay: RelayId, shards: &[Shard]) -> Result<(), Failure> {
        let given = numbers(shards);
        if given.is_empty() {
            return Ok(());
        }
        let work = self.database.write(move |connection| {
            Box::pin(async move {
                let mut free = QueryBuilder::new("UPDATE relay_lease SET until = 0 WHERE shard IN ");
                list(&mut free, given.iter().copied());
                free.push(" AND relay = ").push_bind(relay.as_bytes());
                free.build().execute(connection).await.stored().map(drop)
            })
        });
        work.await
    }

    async fn leave(&self, relay: RelayId) -> Result<(), Failure> {
        self.give_back(relay, &Shard::all().collect::<Vec<_>>()).await?;
        self.strike(relay.as_bytes().to_vec()).await
    }
}
