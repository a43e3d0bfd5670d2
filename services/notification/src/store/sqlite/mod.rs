//! The service's own file. One process has the file, which is why opening it frees what was held.

mod contacts;
mod dead_letters;
mod deliveries;
mod history;
mod inbox;
mod preferences;
mod rows;
mod webhooks;

use kit::{Act, Ambient, Failure, SealingKey, ServiceName};
use sql::{Connection, Database, Stored as _};

/// The tables of this store; the bus's own come before them.
pub static MIGRATIONS: sql::Migrations =
    sql::Migrations::sqlite_only(sqlx::migrate!("../../migrations/notification/sqlite"));

/// All that this service keeps, with the consumer's positions beside it.
#[derive(Clone)]
pub struct SqliteStore {
    database: Database,
    ambient: Ambient,
    /// Seals the secrets of webhooks.
    sealing: SealingKey,
}

impl SqliteStore {
    /// Whatever is held was held by a process that is gone; it may be tried again at once.
    pub async fn open(database: Database, ambient: Ambient, sealing: SealingKey) -> Result<Self, Failure> {
        database
            .write(|connection| {
                Box::pin(async move {
                    let free = sql::query("UPDATE delivery SET held_until = 0 WHERE state = 'pending'");
                    free.execute(connection).await.stored().map(drop)
                })
            })
            .await?;
        Ok(Self { database, ambient, sealing })
    }

    /// Records an act in the transaction of what was done.
    async fn audited(&self, connection: &mut Connection, act: &Act) -> Result<(), Failure> {
        bus::audit::append(connection, &self.ambient, ServiceName::Notification, act).await
    }
}
