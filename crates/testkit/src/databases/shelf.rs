//! Databases that the cases of one suite lend in turn: to make twenty tables takes the server longer than most cases take.

use std::sync::{Arc, Mutex, PoisonError};

use sql::{Database, Migrations, QueryBuilder};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, MySqlConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{OwnMySql, fresh_mysql};

/// A few databases on the MySQL server with the same tables. They go with the shelf.
pub struct Shelf {
    sets: &'static [&'static Migrations],
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Kept>>>,
}

/// A database, and the statements that empty the tables of it that the migrations left empty.
struct Kept {
    database: Database,
    own: OwnMySql,
    empty: String,
}

/// One of the shelf's databases, as empty as new. It goes back with this.
pub struct Lent {
    kept: Option<Kept>,
    idle: Arc<Mutex<Vec<Kept>>>,
    _place: OwnedSemaphorePermit,
}

impl Shelf {
    /// With at most so many databases. Whoever wants one more waits.
    pub fn new(most: usize, sets: &'static [&'static Migrations]) -> Self {
        Self { sets, places: Arc::new(Semaphore::new(most)), idle: Arc::default() }
    }

    /// A database that nobody else has.
    pub async fn lend(&self) -> (Database, Lent) {
        let place = self.places.clone().acquire_owned().await.expect("the shelf stays open");
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let kept = match idle {
            Some(kept) => kept.emptied().await,
            None => Kept::new(self.sets).await,
        };
        let database = kept.database.clone();
        (database, Lent { kept: Some(kept), idle: self.idle.clone(), _place: place })
    }
}

impl Lent {
    /// For another replica's `Database::connect`.
    pub fn url(&self) -> String {
        self.kept.as_ref().map(|kept| kept.own.url()).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.kept.take());
    }
}

impl Kept {
    async fn new(sets: &[&Migrations]) -> Self {
        let (database, own) = fresh_mysql(sets).await;
        let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()";
        let guarded = "SELECT DISTINCT event_object_table FROM information_schema.triggers
             WHERE trigger_schema = DATABASE() AND event_manipulation = 'DELETE'";
        let guarded = names(&database, guarded).await;
        let mut empty = String::new();
        for table in names(&database, tables).await {
            if !is_filled(&database, &table).await {
                // What a trigger protects from forgetting goes all the same, if more slowly.
                let verb = if guarded.contains(&table) { "TRUNCATE" } else { "DELETE FROM" };
                empty.extend([verb, " ", &table, ";"]);
            }
        }
        Self { database, own, empty }
    }

    /// Without what the last case left. On a connection of its own, so that no deadline of ours is in the way.
    async fn emptied(self) -> Self {
        let mut connection = MySqlConnection::connect(&self.own.url()).await.expect("the MySQL server answers");
        let emptied = connection.execute(AssertSqlSafe(self.empty.clone())).await;
        emptied.expect("the tables can be emptied");
        self
    }
}

async fn names(database: &Database, listed: &'static str) -> Vec<String> {
    sql::query_scalar(listed).fetch_all(database.readers()).await.expect("the tables can be listed")
}

async fn is_filled(database: &Database, table: &str) -> bool {
    let look = QueryBuilder::new(&format!("SELECT EXISTS (SELECT 1 FROM {table})")).build();
    let row = look.fetch_one(database.readers()).await.expect("a table can be read");
    row.at(0).expect("it is a flag")
}
