//! One service's relational database: a SQLite file, as the embedded topology keeps it, or a database on a MySQL server that
//! several replicas share. Stores are written once, in statements that `dialect` says for either.

mod connection;
pub mod copying;
mod dialect;
mod failure;
pub mod look;
mod migrate;
pub mod moment;
mod mysql;
mod query;
mod row;
mod sqlite;
pub mod tables;
mod value;

use std::path::Path;
use std::time::Duration;

use futures::future::BoxFuture;
use kit::Failure;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::watch;

pub use connection::{Connection, Readers, Target};
pub use dialect::Dialect;
pub use failure::{Stored, is_unique_violation};
pub use migrate::Migrations;
pub use query::{Done, Query, QueryBuilder, Scalar, Tuple, query, query_as, query_scalar, statements};
pub use row::{Column, FromRow, Row};
pub use value::{Bind, Value};

use connection::Inner;
use mysql::Isolation;

/// How many connections read a SQLite file at once.
const READERS: u32 = 4;

/// What runs in a transaction. A server may end a transaction in favour of another; then a clone of it runs again, so it
/// must do nothing but ask its connection.
pub trait Work<T>:
    for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T, Failure>> + Clone + Send + 'static
{
}

impl<T, F> Work<T> for F where
    F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T, Failure>> + Clone + Send + 'static
{
}

/// An open database. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    backend: Backend,
    readers: Readers,
}

#[derive(Clone)]
enum Backend {
    Sqlite(sqlite::Writer),
    MySql(mysql::Server),
}

impl Database {
    /// Opens or makes a SQLite file and brings its schema up to date, each set of migrations in turn.
    pub async fn open(path: &Path, migrations: &[&Migrations]) -> Result<Self, Failure> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        let mut connection = SqliteConnection::connect_with(&options).await.stored()?;
        for set in migrations {
            migrate::sqlite(&mut connection, set).await?;
        }
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.pragma("query_only", "true"))
            .await
            .stored()?;
        let writer = sqlite::Writer::start(Connection(Inner::Sqlite(connection)));
        Ok(Self { backend: Backend::Sqlite(writer), readers: Readers::Sqlite(readers) })
    }

    /// A database on a MySQL server, by its URL (`mysql://user:password@host:port/name`). Connects on first use; its schema
    /// is brought up to date by `migrate`.
    pub fn connect(url: &str) -> Result<Self, Failure> {
        let server = mysql::Server::open(url)?;
        let readers = Readers::MySql(server.pool().clone());
        Ok(Self { backend: Backend::MySql(server), readers })
    }

    /// Brings the schema up to date, each set in turn. Forward only, safe to repeat, and safe from many replicas at once: one
    /// of them works, the others wait. A SQLite file has been brought there when it was opened.
    pub async fn migrate(&self, migrations: &[&Migrations]) -> Result<(), Failure> {
        let Readers::MySql(pool) = &self.readers else { return Ok(()) };
        migrate::mysql(pool, migrations).await
    }

    pub const fn dialect(&self) -> Dialect {
        self.readers.dialect()
    }

    /// Connections for reading. They see what was committed when their statement began.
    pub const fn readers(&self) -> &Readers {
        &self.readers
    }

    /// Runs `work` in a transaction. In a SQLite file it shares its commit with others that wait at the same time, but not
    /// its fate: an error undoes only its own changes. Answers after the commit.
    ///
    /// `work` must not wait for anything but its connection: others wait for it, and it may run more than once.
    pub async fn write<T: Send + 'static, F: Work<T>>(&self, work: F) -> Result<T, Failure> {
        match &self.backend {
            Backend::Sqlite(writer) => writer.write(work).await,
            Backend::MySql(server) => server.write(Isolation::Serializable, work).await,
        }
    }

    /// The same for work that locks the rows it rests on (`… FOR UPDATE`) before it reads them, and always in one order. On
    /// MySQL it reads what was committed when each statement began and locks nothing else, so that nobody waits for what
    /// was only looked at; in a SQLite file the writer is alone anyway.
    pub async fn write_under_locks<T: Send + 'static, F: Work<T>>(&self, work: F) -> Result<T, Failure> {
        match &self.backend {
            Backend::Sqlite(writer) => writer.write(work).await,
            Backend::MySql(server) => server.write(Isolation::ReadCommitted, work).await,
        }
    }

    /// Counts this process's commits: wakes whoever waits for news.
    pub fn commits(&self) -> watch::Receiver<u64> {
        match &self.backend {
            Backend::Sqlite(writer) => writer.commits(),
            Backend::MySql(server) => server.commits(),
        }
    }

    /// Ends all connections; what was accepted is committed first.
    pub async fn close(&self) {
        match (&self.backend, &self.readers) {
            (Backend::Sqlite(writer), Readers::Sqlite(readers)) => {
                writer.close().await;
                readers.close().await;
            }
            (Backend::MySql(server), _) => server.close().await,
            (Backend::Sqlite(writer), Readers::MySql(_)) => writer.close().await,
        }
    }
}
