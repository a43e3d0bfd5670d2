//! Allocations in one relational database: a SQLite file, or a MySQL server that several replicas share. There each
//! transaction locks what it rests on and reads the rest as it is committed; `locks` says what and in which order.

mod census;
mod change;
mod closed;
mod create;
mod fleet;
mod leases;
mod ledger;
mod listing;
mod locks;
mod oversight;
mod record;
mod republished;
mod restored;
mod rows;
mod tenant;
#[cfg(test)]
pub mod tests;
mod usage;
mod work;

use std::time::Duration;

use kit::{Ambient, Failure, SealingKey};
use sql::{Database, Dialect};

/// The service's tables.
pub static MIGRATIONS: sql::Migrations = sql::Migrations {
    sqlite: sqlx::migrate!("../../migrations/allocation/sqlite"),
    mysql: Some(sqlx::migrate!("../../migrations/allocation/mysql")),
};

/// How often whoever waits for a change looks for those that other processes made.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// All of the service's stores: the tenant's, the fleet's and what is seen from above.
#[derive(Clone)]
pub struct SqlStore {
    database: Database,
    settings: Settings,
}

/// What the statements need beside their arguments.
#[derive(Clone)]
pub struct Settings {
    pub ambient: Ambient,
    /// Seals property values; the context is the allocation's id.
    pub sealing: SealingKey,
    /// The first and last host port that may be leased.
    pub ports: (u16, u16),
    /// What users are told as their allocations' host; part of every event.
    pub public_host: String,
}

impl SqlStore {
    pub const fn new(database: Database, settings: Settings) -> Self {
        Self { database, settings }
    }

    /// Runs `work` in a transaction that takes its locks by `locks`.
    async fn write<T: Send + 'static, F: sql::Work<T>>(&self, work: F) -> Result<T, Failure> {
        self.database.write_under_locks(work).await
    }

    /// Whether other processes may change what is here.
    fn is_shared(&self) -> bool {
        self.database.dialect() == Dialect::MySql
    }
}
