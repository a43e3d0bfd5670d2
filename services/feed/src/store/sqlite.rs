//! The service's SQLite file: each port's tables in a file of their own.

mod comments;
mod counts;
mod likes;
mod people;

#[cfg(test)]
mod tests;

use kit::{Ambient, Failure};
use sql::{Database, Row};

/// The tables beside the bus's own.
pub static MIGRATIONS: sql::Migrations = sql::Migrations::sqlite_only(sqlx::migrate!("../../migrations/feed/sqlite"));

/// Likes, comments and what is known of people.
pub struct SqliteFeed {
    database: Database,
    /// For the events that commit with changes.
    ambient: Ambient,
}

impl SqliteFeed {
    pub const fn new(database: Database, ambient: Ambient) -> Self {
        Self { database, ambient }
    }
}

/// An id out of its 16 bytes.
fn id<T>(row: &Row, column: &str, from_bytes: fn(&[u8]) -> Option<T>) -> Result<T, Failure> {
    from_bytes(row.get(column)).ok_or_else(|| Failure::internal(format!("a row has a broken {column}")))
}
