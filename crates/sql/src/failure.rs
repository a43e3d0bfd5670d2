//! What the database's errors mean to those who asked.

use kit::{ErrorCode, Failure};
use sqlx::error::DatabaseError;
use sqlx::mysql::MySqlDatabaseError;

/// Turns a query's error into a failure that names no SQL to the user.
pub trait Stored<T> {
    fn stored(self) -> Result<T, Failure>;
}

impl<T> Stored<T> for Result<T, sqlx::Error> {
    fn stored(self) -> Result<T, Failure> {
        self.map_err(|error| failure(&error))
    }
}

pub fn failure(error: &sqlx::Error) -> Failure {
    let away = match error {
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(database) => is_away(database.as_ref()),
        _ => false,
    };
    if away { Failure::of(ErrorCode::StoreUnavailable).operator(error) } else { Failure::internal(error) }
}

/// Whether a statement was refused because a unique index has such a row already.
pub fn is_unique_violation(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(database) if database.is_unique_violation())
}

/// What MySQL says when it cannot serve now: no connection left, for all or for this account, shutting down, a lock that
/// others keep, a row that others change, read only while it changes hands, a full disk, a connection that was ended.
const MYSQL_AWAY: [u16; 15] =
    [1020, 1021, 1040, 1053, 1077, 1114, 1129, 1203, 1205, 1213, 1226, 1290, 1836, 1927, 4031];

fn is_away(error: &dyn DatabaseError) -> bool {
    match error.try_downcast_ref::<MySqlDatabaseError>() {
        Some(error) => MYSQL_AWAY.contains(&error.number()),
        None => is_busy_or_full(error),
    }
}

/// `SQLITE_BUSY`, `SQLITE_LOCKED`, `SQLITE_IOERR`, `SQLITE_FULL`, by their primary result codes.
fn is_busy_or_full(error: &dyn DatabaseError) -> bool {
    let code = error.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or(0);
    matches!(code & 0xff, 5 | 6 | 10 | 13)
}
