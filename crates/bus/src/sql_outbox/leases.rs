//! Leases as rows: one a shard from the start, so that two relays that want it wait for each other at that row.

use std::collections::BTreeMap;
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

impl SqlOutbox {
    /// Relays that ended without leaving are named one by one: a range would lock the others out on a server.
    async fn strike_off(&self) -> Result<(), Failure> {
        let silent: Vec<Vec<u8>> = sql::query_scalar("SELECT relay FROM relay WHERE until < NOW_MICROS() - 60000000")
            .fetch_all(self.database.readers())
            .await
            .stored()?;
        for relay in silent {
            self.strike(relay).await?;
        }
        Ok(())
    }

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
        self.strike_off().await?;
        let relays: i64 = sql::query_scalar("SELECT COUNT(*) FROM relay WHERE until > NOW_MICROS()")
            .fetch_one(self.database.readers())
            .await
            .stored()?;
        let held: Vec<(i64, Vec<u8>)> =
            sql::query_as("SELECT shard, relay FROM relay_lease WHERE until > NOW_MICROS()")
                .fetch_all(self.database.readers())
                .await
                .stored()?;
        let holder = |(number, relay): (i64, Vec<u8>)| Some((shard(number)?, RelayId::from_bytes(&relay)?));
        let holders: BTreeMap<Shard, RelayId> = held.into_iter().filter_map(holder).collect();
        Ok(Roll { relays: relays as usize, holders })
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
                take.build().execute(&mut *connection).await.stored()?;
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
