//! The service's ports on one SQLite file. Each method that writes is one transaction that holds its events too.

mod accounts;
mod api_keys;
mod audit;
mod changes;
mod codes;
mod directory;
mod email_changes;
mod failures;
mod keys;
mod listing;
mod places;
mod rows;
mod sessions;
mod settlements;

use kit::Ambient;
use sql::Database;

use crate::events::Announcer;

/// The tables, beside the bus's in the same file.
pub static MIGRATIONS: sql::Migrations = sql::Migrations::sqlite_only(sqlx::migrate!("../../migrations/user/sqlite"));

/// Accounts, codes, sessions and keys of one installation. Cheap to clone.
#[derive(Clone)]
pub struct SqliteStore {
    database: Database,
    ambient: Ambient,
}

impl SqliteStore {
    /// On a file that has `bus::MIGRATIONS` and ours. The ambient mints the ids of events.
    pub const fn new(database: Database, ambient: Ambient) -> Self {
        Self { database, ambient }
    }

    fn announcer(&self) -> Announcer {
        Announcer::here(&self.ambient)
    }
}
