//! The service's tables, in a file of its own or on a MySQL server that replicas share.

mod contacts;
mod dead_letters;
mod deliveries;
mod history;
mod inbox;
mod preferences;
mod rows;
mod webhooks;

use kit::{Act, Ambient, Failure, SealingKey, ServiceName};
use sql::{Connection, Database, Dialect, Stored as _};

/// The tables of this store; the bus's own come before them.
pub static MIGRATIONS: sql::Migrations = sql::Migrations {
    sqlite: sqlx::migrate!("../../migrations/notification/sqlite"),
    mysql: Some(sqlx::migrate!("../../migrations/notification/mysql")),
};

/// All that this service keeps, with the consumer's positions beside it.
#[derive(Clone)]
pub struct SqlStore {
    database: Database,
    ambient: Ambient,
    /// Seals the secrets of webhooks.
    sealing: SealingKey,
}

impl SqlStore {
    /// What is held in a file was held by a process that is gone, because one process has the file: it may be tried again at
    /// once. On a server another replica may be at it, so a hold has to run out.
    pub async fn open(database: Database, ambient: Ambient, sealing: SealingKey) -> Result<Self, Failure> {
        if database.dialect() == Dialect::Sqlite {
            database.write(|connection| Box::pin(free(connection))).await?;
        }
        Ok(Self { database, ambient, sealing })
    }

    /// Records an act in the transaction of what was done.
    async fn audited(&self, connection: &mut Connection, act: &Act) -> Result<(), Failure> {
        bus::audit::append(connection, &self.ambient, ServiceName::Notification, act).await
    }
}

async fn free(connection: &mut Connection) -> Result<(), Failure> {
    let free = sql::query("UPDATE delivery SET held_until = 0 WHERE state = 'pending'");
    free.execute(connection).await.stored().map(drop)
}
