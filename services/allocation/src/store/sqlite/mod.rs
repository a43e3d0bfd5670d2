//! Allocations in one SQLite file.

mod change;
mod closed;
mod create;
mod fleet;
mod leases;
mod ledger;
mod listing;
mod oversight;
mod record;
mod rows;
mod tenant;
#[cfg(test)]
pub mod tests;
mod usage;
mod work;

use kit::{Ambient, SealingKey};
use sql::Database;

/// The service's tables.
pub static MIGRATIONS: sql::Migrations =
    sql::Migrations::sqlite_only(sqlx::migrate!("../../migrations/allocation/sqlite"));

/// All of the service's stores: the tenant's, the fleet's and what is seen from above.
#[derive(Clone)]
pub struct SqliteStore {
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

impl SqliteStore {
    pub const fn new(database: Database, settings: Settings) -> Self {
        Self { database, settings }
    }
}
