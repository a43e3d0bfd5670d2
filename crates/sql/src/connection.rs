//! Where a statement runs: the connection of a transaction, or any of those that only read.

use std::time::Duration;

use kit::{ErrorCode, Failure};
use sqlx::mysql::MySqlDatabaseError;
use sqlx::pool::PoolConnection;
use sqlx::{MySql, MySqlPool, SqliteConnection, SqlitePool};

use crate::dialect::Dialect;
use crate::failure::is_unique_violation;
use crate::query::{Done, Prepared, Query};
use crate::row::Row;

/// How long one statement that only reads may take at a server that is somewhere else.
const READ_DEADLINE: Duration = Duration::from_secs(5);

/// The connection that a transaction has to itself.
pub struct Connection(pub(crate) Inner);

pub(crate) enum Inner {
    Sqlite(SqliteConnection),
    MySql {
        connection: PoolConnection<MySql>,
        /// Whether the server has ended the transaction because of another: it can be run once more.
        conflict: bool,
    },
}

/// Connections that read what was committed when their statement began.
#[derive(Clone, Debug)]
pub enum Readers {
    Sqlite(SqlitePool),
    MySql(MySqlPool),
}

/// Either of them.
pub enum Target<'t> {
    Connection(&'t mut Connection),
    Readers(&'t Readers),
}

impl<'t> From<&'t mut Connection> for Target<'t> {
    fn from(connection: &'t mut Connection) -> Self {
        Self::Connection(connection)
    }
}

impl<'t> From<&'t Readers> for Target<'t> {
    fn from(readers: &'t Readers) -> Self {
        Self::Readers(readers)
    }
}

impl Connection {
    pub const fn dialect(&self) -> Dialect {
        match self.0 {
            Inner::Sqlite(_) => Dialect::Sqlite,
            Inner::MySql { .. } => Dialect::MySql,
        }
    }
}

impl Readers {
    pub const fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::MySql(_) => Dialect::MySql,
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Failure> {
        let answered = crate::query_scalar::<i64>("SELECT 1").fetch_one(self).await;
        answered.map(drop).map_err(|error| Failure::of(ErrorCode::StoreUnavailable).operator(error))
    }
}

/// Runs a prepared statement by one of sqlx's verbs on whichever database it is for.
macro_rules! run {
    ($prepared:ident, $arguments:ident, $verb:ident, $on:expr) => {{
        let arguments = $prepared.$arguments()?;
        sqlx::query_with($prepared.text, arguments).$verb($on).await
    }};
}

/// The same on any connection of a pool. A server that took the statement and says nothing is one that is away, and a
/// connection that still waits for it is of no use to anybody.
macro_rules! read {
    ($prepared:ident, $verb:ident, $pool:ident) => {{
        let mut connection = $pool.acquire().await?;
        let reading = async { run!($prepared, mysql, $verb, &mut *connection) };
        let read = tokio::time::timeout(READ_DEADLINE, reading).await;
        read.unwrap_or_else(|_| {
            drop(connection.detach());
            Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))
        })
    }};
}

impl Target<'_> {
    /// For one of several statements.
    pub fn again(&mut self) -> Target<'_> {
        match self {
            Self::Connection(connection) => Target::Connection(connection),
            Self::Readers(readers) => Target::Readers(readers),
        }
    }

    pub(crate) const fn dialect(&self) -> Dialect {
        match self {
            Self::Connection(connection) => connection.dialect(),
            Self::Readers(readers) => readers.dialect(),
        }
    }

    pub(crate) async fn execute(self, query: Query) -> Result<Done, sqlx::Error> {
        let mut prepared = query.prepare(self.dialect());
        let skips_existing = prepared.skips_existing;
        let done = match self {
            Self::Connection(Connection(Inner::Sqlite(connection))) => {
                run!(prepared, sqlite, execute, connection).map(|done| done.rows_affected())
            }
            Self::Connection(Connection(Inner::MySql { connection, conflict })) => {
                let done = run!(prepared, mysql, execute, &mut **connection).map(|done| done.rows_affected());
                noting(conflict, done)
            }
            Self::Readers(Readers::Sqlite(pool)) => {
                run!(prepared, sqlite, execute, pool).map(|done| done.rows_affected())
            }
            Self::Readers(Readers::MySql(pool)) => read!(prepared, execute, pool).map(|done| done.rows_affected()),
        };
        match done {
            Err(error) if skips_existing && is_unique_violation(&error) => Ok(Done(0)),
            other => other.map(Done),
        }
    }

    pub(crate) async fn fetch_all(self, query: Query) -> Result<Vec<Row>, sqlx::Error> {
        let mut prepared: Prepared = query.prepare(self.dialect());
        match self {
            Self::Connection(Connection(Inner::Sqlite(connection))) => {
                run!(prepared, sqlite, fetch_all, connection).map(sqlite_rows)
            }
            Self::Connection(Connection(Inner::MySql { connection, conflict })) => {
                let rows = run!(prepared, mysql, fetch_all, &mut **connection).map(mysql_rows);
                noting(conflict, rows)
            }
            Self::Readers(Readers::Sqlite(pool)) => run!(prepared, sqlite, fetch_all, pool).map(sqlite_rows),
            Self::Readers(Readers::MySql(pool)) => read!(prepared, fetch_all, pool).map(mysql_rows),
        }
    }

    pub(crate) async fn fetch_optional(self, query: Query) -> Result<Option<Row>, sqlx::Error> {
        let mut prepared: Prepared = query.prepare(self.dialect());
        match self {
            Self::Connection(Connection(Inner::Sqlite(connection))) => {
                run!(prepared, sqlite, fetch_optional, connection).map(|row| row.map(Row::Sqlite))
            }
            Self::Connection(Connection(Inner::MySql { connection, conflict })) => {
                let row = run!(prepared, mysql, fetch_optional, &mut **connection).map(|row| row.map(Row::MySql));
                noting(conflict, row)
            }
            Self::Readers(Readers::Sqlite(pool)) => {
                run!(prepared, sqlite, fetch_optional, pool).map(|row| row.map(Row::Sqlite))
            }
            Self::Readers(Readers::MySql(pool)) => read!(prepared, fetch_optional, pool).map(|row| row.map(Row::MySql)),
        }
    }
}

fn sqlite_rows(rows: Vec<sqlx::sqlite::SqliteRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Sqlite).collect()
}

fn mysql_rows(rows: Vec<sqlx::mysql::MySqlRow>) -> Vec<Row> {
    rows.into_iter().map(Row::MySql).collect()
}

/// Deadlock, a wait for a lock that took too long, and a row that changed since it was read (MariaDB).
const CONFLICTS: [u16; 3] = [1213, 1205, 1020];

fn noting<T>(conflict: &mut bool, done: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
    if let Err(sqlx::Error::Database(error)) = &done
        && let Some(error) = error.try_downcast_ref::<MySqlDatabaseError>()
        && CONFLICTS.contains(&error.number())
    {
        *conflict = true;
    }
    done
}
