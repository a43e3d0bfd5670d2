//! A relay's outbox in a SQLite file or on a MySQL server: the rows that `outbox::append` wrote, oldest first.

mod leases;

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use kit::{Failure, Timestamp};
use sql::{Bind, Database, QueryBuilder, Row, Stored as _};
use tokio::sync::watch;

use crate::event::Topic;
use crate::outbox;
use crate::ports::{Key, Lag, Outbox, Unsent};
use crate::shard::Shard;

/// The outbox of a service's database.
pub struct SqlOutbox {
    database: Database,
    /// Whether a row was met that this version of the program cannot read.
    met_unreadable: AtomicBool,
}

impl SqlOutbox {
    pub const fn new(database: Database) -> Self {
        Self { database, met_unreadable: AtomicBool::new(false) }
    }

    /// Passes over what a newer version wrote: a relay of that version will send it.
    fn unsent_row(&self, row: &Row) -> Option<Unsent> {
        let event = Topic::parse(row.get("topic")).and_then(|topic| outbox::event(topic, row).ok());
        if event.is_none() {
            self.tell_of(row.get("topic"));
        }
        Some(Unsent { key: key(row.get("position")), event: event? })
    }

    /// Looks for rows of topics that this version does not know, which `unsent` leaves out.
    async fn look_for_unknown(&self) -> Result<(), Failure> {
        let mut query = QueryBuilder::new("SELECT topic FROM outbox WHERE topic NOT IN ");
        list(&mut query, Topic::all().map(Topic::as_str));
        query.push(" LIMIT 1");
        for row in query.build().fetch_all(self.database.readers()).await.stored()? {
            self.tell_of(row.get("topic"));
        }
        Ok(())
    }

    fn tell_of(&self, topic: &str) {
        if !self.met_unreadable.swap(true, Ordering::Relaxed) {
            tracing::warn!(topic, "the outbox has rows that only a newer version can send");
        }
    }
}

fn key(position: i64) -> Key {
    Key(position.to_be_bytes().to_vec())
}

fn position(key: &Key) -> Result<i64, Failure> {
    key.0
        .as_slice()
        .try_into()
        .map(i64::from_be_bytes)
        .map_err(|_| Failure::internal("this is no key of an outbox row"))
}

/// `(?, ?, …)`.
fn list(query: &mut QueryBuilder, values: impl Iterator<Item = impl Bind>) {
    query.push("(");
    for (index, value) in values.enumerate() {
        query.push(if index == 0 { "" } else { ", " }).push_bind(value);
    }
    query.push(")");
}

#[async_trait]
impl Outbox for SqlOutbox {
    async fn unsent(&self, shards: &[Shard], limit: usize) -> Result<Vec<Unsent>, Failure> {
        if shards.is_empty() {
            return Ok(Vec::new());
        }
        // The sum keeps the database from collecting each shard by an index and sorting everything that waits: the oldest
        // rows are at the table's beginning, and most of them are asked for.
        let mut query = QueryBuilder::new("SELECT * FROM outbox WHERE shard + 0 IN ");
        list(&mut query, shards.iter().map(|shard| i64::from(shard.number())));
        // Rows of a topic that a newer version knows must not fill the limit: they stay until that version sends them.
        query.push(" AND topic || '' IN ");
        list(&mut query, Topic::all().map(Topic::as_str));
        query.push(" ORDER BY position LIMIT ").push_bind(limit as i64);
        let rows = query.build().fetch_all(self.database.readers()).await.stored()?;
        Ok(rows.iter().filter_map(|row| self.unsent_row(row)).collect())
    }

    async fn sent(&self, keys: &[Key]) -> Result<(), Failure> {
        let positions = keys.iter().map(position).collect::<Result<Vec<i64>, Failure>>()?;
        if positions.is_empty() {
            return Ok(());
        }
        let work = self.database.write(move |connection| {
            Box::pin(async move {
                let mut query = QueryBuilder::new("DELETE FROM outbox WHERE position IN ");
                list(&mut query, positions.into_iter());
                query.build().execute(connection).await.stored().map(drop)
            })
        });
        work.await
    }

    async fn lag(&self) -> Result<Lag, Failure> {
        let (rows, oldest): (i64, Option<i64>) =
            sql::query_as("SELECT COUNT(*), (SELECT at FROM outbox ORDER BY position LIMIT 1) FROM outbox")
                .fetch_one(self.database.readers())
                .await
                .stored()?;
        if rows > 0 && !self.met_unreadable.load(Ordering::Relaxed) {
            self.look_for_unknown().await?;
        }
        Ok(Lag { rows: rows as u64, oldest: oldest.map(Timestamp::from_micros) })
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.database.commits()
    }
}
