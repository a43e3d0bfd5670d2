//! One SQLite file of one service, as the embedded topology keeps it: WAL, `synchronous=FULL`, one writing connection
//! whose transactions are committed in batches, and a pool of readers. No query spans files.

mod failure;
mod writer;

use std::path::Path;
use std::time::Duration;

use futures::future::BoxFuture;
use kit::Failure;
use sqlx::migrate::{Migrate as _, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection, SqlitePool};
use tokio::sync::watch;

pub use failure::{Stored, is_unique_violation};

use writer::Writer;

/// How many connections read at once.
const READERS: u32 = 4;

/// An open file. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    writer: Writer,
    readers: SqlitePool,
}

impl Database {
    /// Opens or makes the file and brings its schema up to date, each set of migrations in turn.
    pub async fn open(path: &Path, migrations: &[&Migrator]) -> Result<Self, Failure> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        let mut connection = SqliteConnection::connect_with(&options).await.stored()?;
        for set in migrations {
            migrate(&mut connection, set).await?;
        }
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.pragma("query_only", "true"))
            .await
            .stored()?;
        Ok(Self { writer: Writer::start(connection), readers })
    }

    /// Connections for reading. They see what was committed when their statement began.
    pub const fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// Runs `work` in a transaction. It shares its commit with others that wait at the same time, but not its fate:
    /// an error undoes only its own changes. Answers after the commit; runs to its end even when the caller goes away.
    ///
    /// `work` must not wait for anything but this connection: every other writer waits for it.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, Failure>> + Send + 'static,
    {
        self.writer.write(work).await
    }

    /// Counts commits: wakes whoever waits for news in this file.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.writer.commits()
    }

    /// Ends the writer and the readers; what was accepted is committed first.
    pub async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }
}

/// Several sets share one file and its table of applied migrations; their version numbers differ.
async fn migrate(connection: &mut SqliteConnection, set: &Migrator) -> Result<(), Failure> {
    let mut set = Migrator { migrations: set.migrations.clone(), ..Migrator::DEFAULT };
    set.set_ignore_missing(true);
    set.run(&mut *connection).await.map_err(|error| Failure::internal(format!("a migration failed: {error}")))?;
    let _ = connection.unlock().await;
    Ok(())
}
