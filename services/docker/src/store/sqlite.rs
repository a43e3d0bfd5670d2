//! The record in the service's SQLite file: epochs by allocation, hints in the outbox.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bus::{Event, Topic, outbox};
use kit::{AllocationId, Ambient, ErrorCode, Failure, ServiceName, SiteId, Timestamp};
use proto::v1;
use sql::{Database, Stored as _};

use crate::ports::Record;
use crate::ports::engine::{Action, Hint};

pub static MIGRATIONS: sql::Migrations = sql::Migrations::sqlite_only(sqlx::migrate!("../../migrations/docker/sqlite"));

/// One site's record.
pub struct SqliteRecord {
    database: Database,
    site: SiteId,
    ambient: Ambient,
    /// What was written already: most commands repeat an epoch, and need no write.
    known: Mutex<HashMap<AllocationId, u64>>,
}

impl SqliteRecord {
    pub fn new(database: Database, site: SiteId, ambient: Ambient) -> Self {
        Self { database, site, ambient, known: Mutex::default() }
    }

    fn known(&self, allocation: AllocationId) -> Option<u64> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&allocation).copied()
    }

    async fn append(&self, action: &str, subject: &str, hint: Option<&Hint>, at: Timestamp) -> Result<(), Failure> {
        let message = v1::NodeEvent {
            site: self.site.to_string(),
            allocation_id: hint.map(|hint| hint.allocation.to_string()).unwrap_or_default(),
            action: action.to_owned(),
            exit_code: hint.and_then(|hint| hint.exit_code),
            at: at.as_micros(),
        };
        // Hints have no aggregate of their own: their time orders them.
        let revision = u64::try_from(at.as_micros()).unwrap_or(0);
        let kind = format!("node.{action}");
        let event = Event::new(&self.ambient, Topic::Node, ServiceName::Docker, kind, subject, revision, &message);
        self.database.write(move |c| Box::pin(async move { outbox::append(c, &event).await })).await
    }
}

#[async_trait]
impl Record for SqliteRecord {
    async fn epoch_seen(&self, allocation: AllocationId, epoch: u64, at: Timestamp) -> Result<(), Failure> {
        let highest = match self.known(allocation) {
            Some(known) if known >= epoch => known,
            _ => raise(&self.database, allocation, epoch, at).await?,
        };
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(allocation, highest);
        if highest > epoch { Err(Failure::of(ErrorCode::StaleEpoch)) } else { Ok(()) }
    }

    async fn announce(&self, hint: &Hint) -> Result<(), Failure> {
        let action = match hint.action {
            Action::Started => "container_started",
            Action::Died => "container_died",
            Action::Oom => "container_oom",
        };
        self.append(action, &hint.allocation.to_string(), Some(hint), hint.at).await
    }

    async fn announce_start(&self, at: Timestamp) -> Result<(), Failure> {
        self.append("started", self.site.as_str(), None, at).await
    }
}

/// Writes the epoch where it is the highest; gives the highest.
async fn raise(database: &Database, allocation: AllocationId, epoch: u64, at: Timestamp) -> Result<u64, Failure> {
    let work = database.write(move |c| {
        Box::pin(async move {
            sql::query(
                "INSERT INTO seen_epoch (allocation_id, epoch, seen_at) VALUES (?, ?, ?)
                 ON CONFLICT (allocation_id) DO UPDATE SET epoch = MAX(epoch, excluded.epoch), seen_at = excluded.seen_at",
            )
            .bind(allocation.as_bytes())
            .bind(epoch as i64)
            .bind(at.as_micros())
            .execute(&mut *c)
            .await
            .stored()?;
            sql::query_scalar::<i64>("SELECT epoch FROM seen_epoch WHERE allocation_id = ?")
                .bind(allocation.as_bytes())
                .fetch_one(c)
                .await
                .stored()
        })
    });
    work.await.map(|highest| highest as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bus::{OutboxSource, consume::Source as _};

    async fn record(directory: &tempfile::TempDir) -> SqliteRecord {
        let path = directory.path().join("docker.db");
        let database = Database::open(&path, &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
        SqliteRecord::new(database, "local".parse().unwrap(), Ambient::system())
    }

    #[tokio::test]
    async fn an_epoch_only_rises_also_over_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let (first, ambient) = (record(&directory).await, Ambient::system());
        let (one, other) = (AllocationId::mint(&ambient), AllocationId::mint(&ambient));
        for epoch in [1, 3, 3] {
            first.epoch_seen(one, epoch, ambient.now()).await.unwrap();
        }
        let stale = |result: Result<(), Failure>| result.unwrap_err().code == ErrorCode::StaleEpoch;
        assert!(stale(first.epoch_seen(one, 2, ambient.now()).await));
        first.epoch_seen(other, 1, ambient.now()).await.unwrap();
        first.database.close().await;
        let second = record(&directory).await;
        assert!(stale(second.epoch_seen(one, 2, ambient.now()).await));
        second.epoch_seen(one, 3, ambient.now()).await.unwrap();
    }

    #[tokio::test]
    async fn a_hint_reaches_the_bus_with_its_exit_code() {
        let directory = tempfile::tempdir().unwrap();
        let (record, ambient) = (record(&directory).await, Ambient::system());
        let allocation = AllocationId::mint(&ambient);
        let hint = Hint { allocation, action: Action::Died, exit_code: Some(137), at: ambient.now() };
        record.announce_start(ambient.now()).await.unwrap();
        record.announce(&hint).await.unwrap();
        let records = OutboxSource::new(record.database.clone(), Topic::Node).after(0, 10).await.unwrap();
        let kinds: Vec<&str> = records.iter().map(|record| record.event.kind.as_str()).collect();
        assert_eq!(kinds, ["node.started", "node.container_died"]);
        let message: v1::NodeEvent = prost_decode(&records[1].event.data);
        assert_eq!((message.allocation_id, message.exit_code), (allocation.to_string(), Some(137)));
    }

    fn prost_decode<M: prost::Message + Default>(bytes: &[u8]) -> M {
        M::decode(bytes).unwrap()
    }
}
