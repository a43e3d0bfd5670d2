//! Migrations: steps in code, each with a name, taken in order and recorded. Any number of replicas may start at once.

use std::time::Duration;

use futures::future::BoxFuture;
use kit::{Ambient, Failure};
use mongodb::IndexModel;
use mongodb::bson::{Bson, doc};
use mongodb::options::ReturnDocument;
use tokio::time::Instant;

use crate::failure::{bounded, is_there};
use crate::lease::claim;
use crate::{Database, Stored as _, Update, uuid};

/// The record of what was done, and in it the lease of who does it.
const RECORD: &str = "migrations";
const LEASE: &str = "lease";
/// How long a lease holds. A step that takes longer may be taken by two, which is why each can be repeated.
const TERM: Duration = Duration::from_secs(30);
/// How long somebody else's migrating is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// One step forward. It may be run again after it was run in part or whole, and leaves what the release before reads and
/// writes.
#[derive(Clone, Copy)]
pub struct Migration {
    /// `0001_machines`: sorts behind its predecessors and never changes.
    pub name: &'static str,
    pub run: for<'d> fn(&'d Database) -> BoxFuture<'d, Result<(), Failure>>,
}

/// A set of steps; several sets share one database, and their names differ.
pub type Migrations = &'static [Migration];

impl Database {
    /// Brings the database up to date. Steps that a later release took are left alone.
    pub async fn migrate(&self, sets: &[Migrations]) -> Result<(), Failure> {
        let holder = uuid(Ambient::system().uuid().as_bytes());
        let end = Instant::now() + PATIENCE;
        loop {
            let missing = self.missing(sets).await?;
            if missing.is_empty() {
                return Ok(());
            }
            if self.lease(&holder).await? {
                let done = self.take(&missing, &holder).await;
                self.release(&holder).await?;
                done?;
            } else if Instant::now() > end {
                return Err(Failure::internal("another replica has been migrating for two minutes"));
            } else {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }

    /// Makes a collection where there is none. Transactions find it then, and need not make it.
    pub async fn make_collection(&self, name: &str) -> Result<(), Failure> {
        match self.ask(self.inner.create_collection(name)).await {
            Err(error) if is_there(&error) => Ok(()),
            made => made.written(),
        }
    }

    /// Makes an index where there is none of its name; one of its name with other options is a failure.
    pub async fn make_index(&self, collection: &str, index: IndexModel) -> Result<(), Failure> {
        let ask = async { self.collection(collection).create_index(index).await };
        bounded(Instant::now() + PATIENCE, ask).await.written().map(drop)
    }

    /// The names of the steps that were taken, in order.
    pub async fn migrations(&self) -> Result<Vec<String>, Failure> {
        let found = self.list(RECORD, doc! { "_id": { "$ne": LEASE } }, doc! { "_id": 1 }, 0).await?;
        Ok(found.iter().filter_map(|step| step.get_str("_id").ok().map(str::to_owned)).collect())
    }

    async fn missing(&self, sets: &[Migrations]) -> Result<Vec<Migration>, Failure> {
        let taken = self.migrations().await?;
        let all = sets.iter().flat_map(|set| set.iter());
        Ok(all.filter(|step| taken.iter().all(|name| name != step.name)).copied().collect())
    }

    async fn take(&self, steps: &[Migration], holder: &Bson) -> Result<(), Failure> {
        for step in steps {
            if !self.lease(holder).await? {
                // Another took over; it goes on where this one is.
                return Ok(());
            }
            tracing::info!(database = self.name(), migration = step.name, "migrating");
            (step.run)(self).await?;
            let taken = vec![doc! { "$set": { "at": { "$ifNull": ["$at", "$$NOW"] } } }];
            self.update_each(RECORD, vec![Update { id: step.name.into(), pipeline: taken }]).await?;
        }
        Ok(())
    }

    /// Takes or renews the lease; says whether this is the holder now.
    async fn lease(&self, holder: &Bson) -> Result<bool, Failure> {
        let record = self.collection(RECORD);
        let ask = record.find_one_and_update(doc! { "_id": LEASE }, claim(holder, TERM)).upsert(true);
        let lease = self.ask(ask.return_document(ReturnDocument::After)).await.written()?;
        Ok(lease.is_some_and(|lease| lease.get("holder") == Some(holder)))
    }

    async fn release(&self, holder: &Bson) -> Result<(), Failure> {
        let own = doc! { "_id": LEASE, "holder": holder };
        self.ask(self.collection(RECORD).delete_one(own)).await.written().map(drop)
    }
}
