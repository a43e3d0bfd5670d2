//! Relational databases for tests: each has its own, in a file or on the MySQL server, and leaves nothing behind.

mod schema;
mod shelf;
mod upgrade;

use std::any::Any;

use sql::{Database, Migrations};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, MySqlConnection, Row as _};
use tempfile::TempDir;

use crate::servers;

pub use schema::same_schema;
pub use shelf::{Lent, Shelf};
pub use upgrade::{is_recording, migrates_from_many_at_once, record, serves_older_releases};

/// What the names of all test databases begin with.
const PREFIX: &str = "berth_test";

/// A database of a test's own on the MySQL server; it goes when this does.
#[derive(Debug)]
pub struct OwnMySql {
    server: String,
    name: String,
}

impl OwnMySql {
    /// An empty one.
    pub async fn create() -> Self {
        let own = Self { server: servers::mysql(), name: servers::unique(PREFIX) };
        let mut connection = MySqlConnection::connect(&own.server).await.expect("the MySQL server answers");
        let create = format!("CREATE DATABASE {} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", own.name);
        connection.execute(AssertSqlSafe(create)).await.expect("a test may create databases");
        own
    }

    /// For `Database::connect`, as often as the test wants replicas.
    pub fn url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }
}

impl Drop for OwnMySql {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A thread of its own: the test's runtime cannot be waited for inside itself.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(remove(&server, &name))
        });
        match dropping.join() {
            Ok(Ok(())) => {}
            other => eprintln!("the test database {} is left behind: {other:?}", self.name),
        }
    }
}

/// Ends what is connected to a database, which would else keep it from going, and drops it.
async fn remove(server: &str, name: &str) -> Result<(), sqlx::Error> {
    let mut connection = MySqlConnection::connect(server).await?;
    let connected = sqlx::query("SELECT CAST(id AS SIGNED) FROM information_schema.processlist WHERE db = ?");
    for row in connected.bind(name).fetch_all(&mut connection).await? {
        // One that left meanwhile is no failure.
        let _ = connection.execute(AssertSqlSafe(format!("KILL {}", row.try_get::<i64, _>(0)?))).await;
    }
    connection.execute("SET SESSION lock_wait_timeout = 10").await?;
    connection.execute(AssertSqlSafe(format!("DROP DATABASE {name}"))).await.map(drop)
}

/// A database on the MySQL server with these tables, and what keeps it: it is dropped with that.
pub async fn fresh_mysql(sets: &[&Migrations]) -> (Database, OwnMySql) {
    let own = OwnMySql::create().await;
    let database = Database::connect(&own.url()).expect("the URL is one");
    database.migrate(sets).await.expect("the migrations fit an empty database");
    (database, own)
}

/// A database in a file with these tables, and the directory that keeps it.
pub async fn fresh_sqlite(sets: &[&Migrations]) -> (Database, TempDir) {
    let directory = tempfile::tempdir().expect("a directory for a test");
    let database = Database::open(&directory.path().join("test.db"), sets).await;
    (database.expect("the migrations fit an empty file"), directory)
}

/// One of each with these tables, for a test that says the same of both; each with what keeps it.
pub async fn fresh_both(sets: &[&Migrations]) -> [(Database, Box<dyn Any + Send + Sync>); 2] {
    let (file, directory) = fresh_sqlite(sets).await;
    let (server, own) = fresh_mysql(sets).await;
    [(file, Box::new(directory)), (server, Box::new(own))]
}
