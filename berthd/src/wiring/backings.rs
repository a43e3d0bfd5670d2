//! Each kind of database as a process sees it.

use std::sync::Arc;

use async_trait::async_trait;
use berth_feed::store::cassandra::CassandraFeed;
use bus::Outbox;
use kit::{Ambient, Failure, ServiceName};
use mongo::outbox::MongoOutbox;

use crate::backing::Backing;
use crate::config::MongoConfig;

/// A relational one, which is consumed into and announced from.
pub struct Relational {
    pub database: sql::Database,
    pub ambient: Ambient,
}

/// A MongoDB one; only the catalogue's is announced from.
pub struct Documents {
    pub database: mongo::Database,
    pub announces: bool,
}

/// A keyspace.
pub struct WideRows(pub Arc<CassandraFeed>);

#[async_trait]
impl Backing for Relational {
    fn part(&self) -> &'static str {
        match self.database.dialect() {
            sql::Dialect::Sqlite => "file",
            sql::Dialect::MySql => "database",
        }
    }

    async fn ping(&self) -> Result<(), Failure> {
        self.database.readers().ping().await
    }

    async fn generation(&self, consumer: &'static str) -> Result<String, Failure> {
        bus::outbox::generation(&self.database, consumer, &self.ambient).await
    }

    fn outbox(&self) -> Option<Arc<dyn Outbox>> {
        Some(Arc::new(bus::SqlOutbox::new(self.database.clone())))
    }

    async fn close(&self) {
        self.database.close().await;
    }
}

#[async_trait]
impl Backing for Documents {
    fn part(&self) -> &'static str {
        "database"
    }

    async fn ping(&self) -> Result<(), Failure> {
        self.database.ping().await
    }

    async fn generation(&self, consumer: &'static str) -> Result<String, Failure> {
        self.database.generation(consumer).await
    }

    fn outbox(&self) -> Option<Arc<dyn Outbox>> {
        self.announces.then(|| Arc::new(MongoOutbox::new(self.database.clone())) as Arc<dyn Outbox>)
    }
}

#[async_trait]
impl Backing for WideRows {
    fn part(&self) -> &'static str {
        "database"
    }

    async fn ping(&self) -> Result<(), Failure> {
        self.0.ping().await
    }

    async fn generation(&self, consumer: &'static str) -> Result<String, Failure> {
        self.0.generation(consumer).await
    }

    fn outbox(&self) -> Option<Arc<dyn Outbox>> {
        Some(self.0.clone())
    }
}

/// A service's database on MongoDB, where one is named.
pub async fn documents(service: ServiceName, config: &MongoConfig) -> Result<Option<mongo::Database>, Failure> {
    use secrecy::ExposeSecret as _;
    let Some(url) = &config.mongodb_url else { return Ok(None) };
    let name = config.mongodb_database.clone().unwrap_or_else(|| format!("berth_{service}"));
    mongo::Database::connect(url.expose_secret(), &name).await.map(Some)
}
