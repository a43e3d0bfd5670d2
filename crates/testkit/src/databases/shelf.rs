//! Databases that the cases of one suite lend in turn: to make twenty tables takes the server longer than most cases take.

use std::sync::{Arc, Mutex, PoisonError};

use sql::{Database, Migrations, QueryBuilder};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{OwnMySql, fresh_mysql};

/// A few databases on the MySQL server with the same tables. They go with the shelf.
pub struct Shelf {
    sets: &'static [&'static Migrations],
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Kept>>>,
}

/// A database and the tables of it that the migrations left empty.
struct Kept {
    database: Database,
    own: OwnMySql,
    tables: Vec<String>,
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
        let listed = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()";
        let listed: Vec<String> =
            sql::query_scalar(listed).fetch_all(database.readers()).await.expect("the tables can be listed");
        let mut tables = Vec::new();
        for table in listed {
            let look = format!("SELECT EXISTS (SELECT 1 FROM \"{table}\")");
            let filled = QueryBuilder::new(&look).build().fetch_one(database.readers()).await.expect("it can be read");
            if !filled.at::<bool>(0).expect("it is a flag") {
                tables.push(table);
            }
        }
        Self { database, own, tables }
    }

    /// Without what the last case left.
    async fn emptied(self) -> Self {
        let tables = self.tables.clone();
        let work = self.database.write(move |c| {
            Box::pin(async move {
                for table in &tables {
                    let emptied = QueryBuilder::new(&format!("DELETE FROM \"{table}\"")).build().execute(&mut *c).await;
                    if emptied.is_err() {
                        // A table that a trigger protects from forgetting.
                        let truncate = QueryBuilder::new(&format!("TRUNCATE TABLE \"{table}\"")).build();
                        truncate.execute(&mut *c).await.expect("a table can be emptied");
                    }
                }
                Ok(())
            })
        });
        work.await.expect("the tables can be emptied");
        self
    }
}
