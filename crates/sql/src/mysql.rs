//! A database on a MySQL server, which several replicas write at once. Transactions are serializable unless their store
//! says that it locks all that they rest on, so what holds for the one writer of a SQLite file holds here too; the row that
//! an operation is about is locked first (`FOR UPDATE`), so that two of them wait for each other rather than being ended.
//! One that the server ends is run again from its beginning.

use std::panic::AssertUnwindSafe;
use std::str::FromStr as _;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use kit::context::capture;
use kit::{Ambient, ErrorCode, Failure};
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Executor as _, MySql, MySqlPool};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::connection::{Connection, Inner};
use crate::{Stored as _, Work};

/// How many connections a process holds at most.
const CONNECTIONS: u32 = 16;
/// How long a free connection, or the making of one, is waited for.
const ACQUIRE: Duration = Duration::from_secs(3);
/// How long one transaction may take, all its attempts together.
const DEADLINE: Duration = Duration::from_secs(5);
/// How long new attempts are begun: the last of them has time to end well.
const RETRIES: Duration = Duration::from_secs(3);
/// A connection that nobody used for so long is asked whether it still works before somebody is given it. One that was used
/// just now is not: that would double the round trips of a process. Longer than what background work pauses between two looks.
const FRESH: Duration = Duration::from_secs(4);
/// How long a connection that nobody uses is kept.
const IDLE: Duration = Duration::from_secs(8);
/// What a session is told when it begins: strict, the same words as SQLite's, and serializable. The server ends one that is
/// silent for ten seconds: whoever was suspended in the middle of a transaction must not keep its locks from all others.
const SESSION: &str = "SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,\
    NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = 3, wait_timeout = 10, transaction_isolation = 'SERIALIZABLE'";
/// The same for MariaDB, which knows the variable by its older name.
const SESSION_MARIADB: &str = "SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,STRICT_ALL_TABLES,\
    ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = 3, wait_timeout = 10, tx_isolation = 'SERIALIZABLE'";

#[derive(Clone)]
pub struct Server {
    pool: MySqlPool,
    commits: watch::Sender<u64>,
}

/// What a transaction reads and locks without being told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// As if it ran alone: all that it reads, and the gaps beside it, is locked.
    Serializable,
    /// Each statement reads what was committed when it began, and only what is changed or asked for `FOR UPDATE` is locked.
    ReadCommitted,
}

impl Isolation {
    const fn begin(self) -> &'static str {
        match self {
            Self::Serializable => "BEGIN",
            Self::ReadCommitted => "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; BEGIN",
        }
    }
}

/// How one attempt at a transaction ended.
enum Attempt<T> {
    Done(Result<T, Failure>),
    /// The server ended it because of another one.
    Conflict(Failure),
}

impl Server {
    /// For a database by its URL. Connects when it is first used.
    pub fn open(url: &str) -> Result<Self, Failure> {
        let options = MySqlConnectOptions::from_str(url)
            .map_err(|error| Failure::internal(format!("the database's URL cannot be read: {error}")))?
            .charset("utf8mb4")
            .collation("utf8mb4_bin");
        let pool = MySqlPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            .idle_timeout(IDLE)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > FRESH {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .after_connect(|connection, _| {
                Box::pin(async move {
                    if connection.execute(SESSION).await.is_err() {
                        connection.execute(SESSION_MARIADB).await?;
                    }
                    Ok(())
                })
            })
            .connect_lazy_with(options);
        Ok(Self { pool, commits: watch::Sender::new(0) })
    }

    pub const fn pool(&self) -> &MySqlPool {
        &self.pool
    }

    pub fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    /// Runs `work` in a transaction, again where the server ended it in favour of another. In a task of its own: whoever
    /// asked may go away, and what is half done must not stay open on a connection that the next one is given.
    pub async fn write<T: Send + 'static, F: Work<T>>(&self, isolation: Isolation, work: F) -> Result<T, Failure> {
        let (server, context) = (self.clone(), capture());
        let running = tokio::spawn(context.carry(async move { server.repeat(isolation, work).await }));
        running.await.unwrap_or_else(|_| Err(Failure::internal("a transaction was given up").unknown()))
    }

    async fn repeat<T: Send + 'static, F: Work<T>>(&self, isolation: Isolation, work: F) -> Result<T, Failure> {
        let (ambient, began) = (Ambient::system(), Instant::now());
        let mut pause = 2_u32;
        loop {
            match self.attempt(isolation, work.clone(), began + DEADLINE).await {
                Attempt::Done(result) => return result,
                Attempt::Conflict(failure) if began.elapsed() >= RETRIES => return Err(failure),
                Attempt::Conflict(_) => {}
            }
            metrics::counter!("berth_sql_retries_total").increment(1);
            tokio::time::sleep(Duration::from_millis(u64::from(1 + ambient.below(pause)))).await;
            pause = (pause * 2).min(64);
        }
    }

    async fn attempt<T: Send + 'static, F: Work<T>>(
        &self,
        isolation: Isolation,
        work: F,
        until: Instant,
    ) -> Attempt<T> {
        let connection = match self.pool.acquire().await.stored() {
            Ok(connection) => connection,
            Err(failure) => return Attempt::Done(Err(failure)),
        };
        let mut connection = Connection(Inner::MySql { connection, conflict: false });
        let transaction = AssertUnwindSafe(transact(&mut connection, isolation, work)).catch_unwind();
        let failure = match tokio::time::timeout_at(until, transaction).await {
            Ok(Ok(attempt)) => {
                if matches!(attempt, Attempt::Done(Ok(_))) {
                    self.commits.send_modify(|count| *count += 1);
                }
                return attempt;
            }
            Ok(Err(_)) => Failure::internal("a transaction panicked"),
            Err(_) => Failure::of(ErrorCode::StoreUnavailable).operator("a transaction timed out").unknown(),
        };
        // It is open still: its connection must not be given to the next.
        drop(connection.into_pooled().map(PoolConnection::detach));
        Attempt::Done(Err(failure))
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl Connection {
    fn into_pooled(self) -> Option<PoolConnection<MySql>> {
        match self.0 {
            Inner::MySql { connection, .. } => Some(connection),
            Inner::Sqlite(_) => None,
        }
    }

    const fn met_conflict(&self) -> bool {
        matches!(self.0, Inner::MySql { conflict: true, .. })
    }
}

async fn transact<T: Send + 'static, F: Work<T>>(
    connection: &mut Connection,
    isolation: Isolation,
    work: F,
) -> Attempt<T> {
    if let Err(failure) = statement(connection, isolation.begin()).await {
        return Attempt::Done(Err(failure));
    }
    let future: BoxFuture<'_, Result<T, Failure>> = work(connection);
    let result = future.await;
    // A conflict ends the whole transaction, whatever the work made of it.
    if connection.met_conflict() {
        let _ = statement(connection, "ROLLBACK").await;
        let failure = Failure::of(ErrorCode::StoreUnavailable).operator("others changed the same rows again and again");
        return Attempt::Conflict(result.err().unwrap_or(failure));
    }
    Attempt::Done(match result {
        Ok(value) => statement(connection, "COMMIT").await.map(|()| value).map_err(Failure::unknown),
        Err(failure) => {
            let _ = statement(connection, "ROLLBACK").await;
            Err(failure)
        }
    })
}

/// One that is no part of the work, without preparing it.
async fn statement(connection: &mut Connection, text: &'static str) -> Result<(), Failure> {
    match &mut connection.0 {
        Inner::MySql { connection, .. } => connection.execute(text).await.stored().map(drop),
        Inner::Sqlite(_) => Err(Failure::internal("a SQLite file has a writer of its own")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::future::join_all;
    use kit::{ErrorCode, Failure};
    use sqlx::{Connection as _, Executor as _, MySqlConnection};
    use testkit::servers;

    use crate::{Database, Stored as _, query, query_scalar};

    /// A database of this test's own.
    async fn fresh(tables: &[&'static str]) -> (Database, String) {
        let (server, name) = (servers::mysql(), servers::unique("sql"));
        let mut connection = MySqlConnection::connect(&server).await.unwrap();
        connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        let database = Database::connect(&format!("{server}/{name}")).unwrap();
        for table in tables {
            query(table).execute(database.readers()).await.unwrap();
        }
        (database, name)
    }

    async fn gone(database: &Database, name: &str) {
        database.close().await;
        let mut connection = MySqlConnection::connect(&servers::mysql()).await.unwrap();
        connection.execute(sqlx::AssertSqlSafe(format!("DROP DATABASE {name}"))).await.unwrap();
    }

    /// Reads, then writes what it read plus one: right only where transactions are.
    async fn count_up(database: &Database) -> Result<(), Failure> {
        let work = database.write(|c| {
            Box::pin(async move {
                let n: i64 = query_scalar("SELECT n FROM counters WHERE id = 1").fetch_one(&mut *c).await.stored()?;
                query("UPDATE counters SET n = ? WHERE id = 1").bind(n + 1).execute(c).await.stored().map(drop)
            })
        });
        work.await
    }

    #[tokio::test]
    async fn transactions_that_read_and_write_the_same_row_lose_nothing() {
        let tables =
            ["CREATE TABLE counters (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)", "INSERT INTO counters VALUES (1, 0)"];
        let (database, name) = fresh(&tables).await;
        let done = join_all((0..40).map(|_| count_up(&database))).await;
        let well = done.iter().filter(|done| done.is_ok()).count() as i64;
        let n: i64 = query_scalar("SELECT n FROM counters").fetch_one(database.readers()).await.unwrap();
        assert_eq!(n, well, "what was answered well counts once, what was not does not");
        assert!(
            well > 0
                && done.iter().filter_map(|done| done.as_ref().err()).all(|e| e.code == ErrorCode::StoreUnavailable)
        );
        gone(&database, &name).await;
    }

    #[tokio::test]
    async fn a_failing_transaction_leaves_nothing_and_a_duplicate_can_be_skipped() {
        let (database, name) =
            fresh(&["CREATE TABLE t (n BIGINT PRIMARY KEY, flag BIGINT NOT NULL, b BINARY(2))"]).await;
        let insert = |n: i64, fails: bool| {
            database.write(move |c| {
                Box::pin(async move {
                    let text = "INSERT INTO t (n, flag, b) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
                    let done = query(text).bind(n).bind(true).bind([1_u8, 2]).execute(c).await.stored()?;
                    if fails { Err(Failure::of(ErrorCode::NameTaken)) } else { Ok(done.rows_affected()) }
                })
            })
        };
        assert_eq!(insert(1, true).await.unwrap_err().code, ErrorCode::NameTaken);
        assert_eq!((insert(1, false).await.unwrap(), insert(1, false).await.unwrap()), (1, 0));
        let row = query("SELECT * FROM t").fetch_one(database.readers()).await.unwrap();
        assert_eq!((row.get::<u32>("n"), row.get::<bool>("flag"), row.get::<&[u8]>("b")), (1, true, &[1, 2][..]));
        gone(&database, &name).await;
    }

    #[tokio::test]
    async fn a_transaction_whose_caller_goes_away_or_that_panics_is_whole_or_nothing() {
        let (database, name) = fresh(&["CREATE TABLE t (n BIGINT PRIMARY KEY)"]).await;
        let insert = |n: i64| {
            database.write(move |c| {
                Box::pin(async move {
                    query("INSERT INTO t (n) VALUES (?)").bind(n).execute(&mut *c).await.stored()?;
                    assert!(n != 13, "an unlucky number");
                    query("INSERT INTO t (n) VALUES (?)").bind(n + 1).execute(c).await.stored().map(drop)
                })
            })
        };
        assert_eq!(insert(13).await.unwrap_err().code, ErrorCode::Internal);
        for round in 0..20 {
            // Each is left alone a little later in its course.
            let _ = tokio::time::timeout(Duration::from_micros(300 * round), insert(100 * (round as i64 + 1))).await;
        }
        let all = || async { query_scalar::<i64>("SELECT n FROM t").fetch_all(database.readers()).await.unwrap() };
        let rows = testkit::until(all, |rows| rows.len() == 40).await;
        assert!(rows.iter().all(|n| n % 100 < 2), "{rows:?}");
        gone(&database, &name).await;
    }

    #[tokio::test]
    async fn a_session_is_as_stores_need_it_and_ends_when_it_falls_silent() {
        let (database, name) = fresh(&[]).await;
        let set =
            "SELECT CONCAT(@@wait_timeout, ' ', @@innodb_lock_wait_timeout, ' ', @@time_zone, ' ', 'a' || \"b\") FROM
                   (SELECT 'c' AS b) t";
        let set: String = query_scalar(set).fetch_one(database.readers()).await.unwrap();
        assert_eq!(set, "10 3 +00:00 ac", "the last is what `||` and double quotes mean");
        gone(&database, &name).await;
    }

    #[tokio::test]
    async fn under_locks_nothing_waits_for_what_was_only_looked_at() {
        let tables = ["CREATE TABLE t (n BIGINT PRIMARY KEY, v BIGINT NOT NULL)", "INSERT INTO t VALUES (1, 0)"];
        let (database, name) = fresh(&tables).await;
        let looked = database.write_under_locks({
            let other = database.clone();
            move |c| {
                Box::pin(async move {
                    let look = "SELECT v FROM t WHERE n = ?";
                    let none: Option<i64> = query_scalar(look).bind(2).fetch_optional(&mut *c).await.stored()?;
                    let add = "INSERT INTO t (n, v) VALUES (2, 5)";
                    let added =
                        other.write(move |c| Box::pin(async move { query(add).execute(c).await.stored().map(drop) }));
                    added.await?;
                    let some: Option<i64> = query_scalar(look).bind(2).fetch_optional(c).await.stored()?;
                    Ok((none, some))
                })
            }
        });
        assert_eq!(looked.await.unwrap(), (None, Some(5)));
        let up = || {
            database.write_under_locks(|c| {
                Box::pin(async move {
                    let v: i64 =
                        query_scalar("SELECT v FROM t WHERE n = 1 FOR UPDATE").fetch_one(&mut *c).await.stored()?;
                    query("UPDATE t SET v = ? WHERE n = 1").bind(v + 1).execute(c).await.stored().map(drop)
                })
            })
        };
        let done = join_all((0..40).map(|_| up())).await;
        let v: i64 = query_scalar("SELECT v FROM t WHERE n = 1").fetch_one(database.readers()).await.unwrap();
        assert_eq!((v, done.iter().filter(|done| done.is_ok()).count()), (40, 40));
        gone(&database, &name).await;
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_said_to_be_away() {
        let database = Database::connect("mysql://root@127.0.0.1:1/none").unwrap();
        let began = tokio::time::Instant::now();
        assert_eq!(count_up(&database).await.unwrap_err().code, ErrorCode::StoreUnavailable);
        assert_eq!(database.readers().ping().await.unwrap_err().code, ErrorCode::StoreUnavailable);
        assert!(began.elapsed() < Duration::from_secs(12), "both within their deadlines");
    }
}
