//! One service's MongoDB database, as the scaled topology keeps it: acknowledged by a majority and its journals, asked with a
//! deadline, changed in transactions that are repeated where the server says so. A replica set is needed, if of one.

mod bulk;
mod connect;
mod failure;
mod fields;
pub mod inbox;
mod lease;
pub mod look;
mod migrate;
pub mod outbox;
mod transaction;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt as _;
use kit::{ErrorCode, Failure};
use mongodb::bson::{Document, doc};
use mongodb::error::Error;
use mongodb::options::IndexOptions;
use mongodb::{Client, Collection, IndexModel};
use tokio::sync::watch;
use tokio::time::Instant;

use failure::bounded;

pub use bulk::Update;
pub use failure::{Stored, is_duplicate};
pub use fields::{Fields, bytes, uuid};
pub use migrate::{Migration, Migrations};
pub use outbox::MongoOutbox;
pub use transaction::Transaction;

/// How long an operation may take, looking for a server and repeating included.
pub const DEADLINE: Duration = Duration::from_millis(4500);

/// A service's own database. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    inner: mongodb::Database,
    commits: Arc<watch::Sender<u64>>,
    deadline: Duration,
}

impl Database {
    /// Names servers and database; nothing is asked yet, so servers that are away are no failure.
    /// A URL that is none is `InvalidInput` on `mongodb_url`.
    pub async fn connect(url: &str, name: &str) -> Result<Self, Failure> {
        let client = Client::with_options(connect::options(url).await?).stored()?;
        Ok(Self { inner: client.database(name), commits: Arc::new(watch::Sender::new(0)), deadline: DEADLINE })
    }

    pub fn name(&self) -> &str {
        self.inner.name()
    }

    /// Asks, and gives up at the deadline: the driver itself waits for an answer on an open connection for ever.
    async fn ask<T>(&self, ask: impl IntoFuture<Output = Result<T, Error>, IntoFuture: Send>) -> Result<T, Error> {
        bounded(Instant::now() + self.deadline, ask).await
    }

    fn collection(&self, name: &str) -> Collection<Document> {
        self.inner.collection(name)
    }

    /// Whether the servers answer and one of them takes writes, for `/readyz`.
    pub async fn ping(&self) -> Result<(), Failure> {
        let hello = self.ask(self.inner.run_command(doc! { "hello": 1 })).await.stored()?;
        match hello.get_bool("isWritablePrimary") {
            Ok(true) => Ok(()),
            _ => Err(Failure::of(ErrorCode::StoreUnavailable).operator("the server takes no writes now")),
        }
    }

    /// Counts commits of this process: wakes whoever waits for news in this database.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    fn committed(&self) {
        self.commits.send_modify(|count| *count += 1);
    }

    /// The document that a filter finds first.
    pub async fn find(&self, collection: &str, filter: Document) -> Result<Option<Document>, Failure> {
        self.ask(self.collection(collection).find_one(filter)).await.stored()
    }

    /// At most `limit` documents, in an order that an index gives.
    pub async fn list(
        &self,
        collection: &str,
        filter: Document,
        sort: Document,
        limit: u32,
    ) -> Result<Vec<Document>, Failure> {
        let collection = self.collection(collection);
        let ask = collection.find(filter).sort(sort).limit(i64::from(limit));
        self.ask(async { ask.await?.try_collect().await }).await.stored()
    }
}

/// An index with a name of its own, so that making it again with other options is refused and not overlooked.
pub fn index(name: &str, keys: Document, options: IndexOptions) -> IndexModel {
    let mut options = options;
    options.name = Some(name.to_owned());
    IndexModel::builder().keys(keys).options(options).build()
}
