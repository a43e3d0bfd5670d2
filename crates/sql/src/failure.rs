//! What the database's errors mean to those who asked.

use kit::{ErrorCode, Failure};

/// Turns a query's error into a failure that names no SQL to the user.
pub trait Stored<T> {
    fn stored(self) -> Result<T, Failure>;
}

impl<T> Stored<T> for Result<T, sqlx::Error> {
    fn stored(self) -> Result<T, Failure> {
        self.map_err(|error| match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => {
                Failure::of(ErrorCode::StoreUnavailable).operator(&error)
            }
            sqlx::Error::Database(database) if is_busy_or_full(database.as_ref()) => {
                Failure::of(ErrorCode::StoreUnavailable).operator(&error)
            }
            _ => Failure::internal(&error),
        })
    }
}

/// Whether a statement was refused because a unique index has such a row already.
pub fn is_unique_violation(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(database) if database.is_unique_violation())
}

/// `SQLITE_BUSY`, `SQLITE_LOCKED`, `SQLITE_IOERR`, `SQLITE_FULL`, by their primary result codes.
fn is_busy_or_full(error: &dyn sqlx::error::DatabaseError) -> bool {
    let code = error.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or(0);
    matches!(code & 0xff, 5 | 6 | 10 | 13)
}
