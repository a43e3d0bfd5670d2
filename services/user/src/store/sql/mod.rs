//! The service's ports on one database: a SQLite file, or one on a MySQL server that several replicas write. Each method
//! that writes is one transaction that holds its events too.
//!
//! Transactions are exact by themselves on either; on a server they lock what they are about first, so that they wait for
//! each other rather than being ended: a user's row (`rows::by_id` and its like) before all that is the user's, and the row
//! of a sequence (`sequences`) before what is the platform's.

mod accounts;
mod api_keys;
mod audit;
mod changes;
mod closings;
mod codes;
mod directory;
mod email_changes;
mod failures;
mod keys;
mod listing;
pub mod look;
mod places;
mod republished;
mod restored;
mod rows;
mod sequences;
mod sessions;
mod settlements;
mod throttle;

use kit::Ambient;
use sql::Database;

pub use restored::Closed;

use crate::events::Announcer;

/// The tables, beside the bus's in the same database.
pub static MIGRATIONS: sql::Migrations = sql::Migrations {
    sqlite: sqlx::migrate!("../../migrations/user/sqlite"),
    mysql: Some(sqlx::migrate!("../../migrations/user/mysql")),
};

/// What the database of a test has.
#[cfg(test)]
pub const TABLES: &[&sql::Migrations] = &[&bus::MIGRATIONS, &MIGRATIONS];

/// Accounts, codes, sessions and keys of one installation. Cheap to clone.
#[derive(Clone)]
pub struct SqlStore {
    database: Database,
    ambient: Ambient,
}

impl SqlStore {
    /// On a database that has `bus::MIGRATIONS` and ours. The ambient mints the ids of events.
    pub const fn new(database: Database, ambient: Ambient) -> Self {
        Self { database, ambient }
    }

    fn announcer(&self) -> Announcer {
        Announcer::here(&self.ambient)
    }
}
