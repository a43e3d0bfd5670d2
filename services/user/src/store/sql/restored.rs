//! After a restore nobody is let in by what may have been closed since the backup: sessions, codes and, unless they are
//! wanted, API keys. Passwords are again what they were.

use kit::{Act, Failure, Timestamp, UserId};
use sql::{Connection, Stored as _};

use super::{SqlStore, changes, closings, rows};
use crate::domain::Reason;
use crate::events::Announcer;

/// What was closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    pub sessions: u64,
    pub keys: u64,
}

impl SqlStore {
    /// Closes every session and voids every code and, unless `keep_keys`, every API key, and tells the audit list from which
    /// time the accounts are. For whoever restores, before anything runs on it.
    pub async fn close_everything(&self, backup_of: Timestamp, keep_keys: bool) -> Result<Closed, Failure> {
        let announcer = self.announcer();
        self.database.write(move |c| Box::pin(async move { close(c, &announcer, backup_of, keep_keys).await })).await
    }
}

async fn close(
    connection: &mut Connection,
    announcer: &Announcer,
    backup_of: Timestamp,
    keep_keys: bool,
) -> Result<Closed, Failure> {
    let sessions = count(connection, "SELECT COUNT(*) FROM sessions").await?;
    let keys = if keep_keys { 0 } else { count(connection, "SELECT COUNT(*) FROM api_keys").await? };
    let users = sql::query_scalar::<Vec<u8>>("SELECT id FROM users ORDER BY id").fetch_all(&mut *connection).await;
    let (ambient, now) = (announcer.ambient(), announcer.ambient().now());
    for id in users.stored()? {
        let user = UserId::from_bytes(&id).ok_or_else(|| rows::broken("user id"))?;
        // Also of sessions that the backup does not know: their tokens may be about.
        closings::close_account(connection, ambient, user, Reason::Revoked).await?;
        if !keep_keys {
            closings::close_keys(connection, ambient, user, Reason::Revoked, now).await?;
        }
    }
    for statement in ["DELETE FROM codes", "DELETE FROM code_tries"] {
        sql::query(statement).execute(&mut *connection).await.stored()?;
    }
    let act = Act::anonymous("platform.restore", "platform", "").detail("backup_of", backup_of);
    changes::record(connection, announcer, &act).await?;
    Ok(Closed { sessions, keys })
}

async fn count(connection: &mut Connection, statement: &'static str) -> Result<u64, Failure> {
    sql::query_scalar::<i64>(statement).fetch_one(connection).await.stored().map(|count| count as u64)
}
