//! The schema of one set of tables, for either database. Forward only; a set may be applied as often as one likes.

use kit::Failure;
use sqlx::migrate::{Migrate, Migrator};
use sqlx::{MySqlPool, SqliteConnection};

use crate::Stored as _;

/// A set of tables as migrations for each database. Several sets share one database and its list of what was applied, so
/// their version numbers differ.
pub struct Migrations {
    pub sqlite: Migrator,
    pub mysql: Option<Migrator>,
}

impl Migrations {
    /// For tables that are only ever kept in a SQLite file.
    pub const fn sqlite_only(sqlite: Migrator) -> Self {
        Self { sqlite, mysql: None }
    }
}

pub async fn sqlite(connection: &mut SqliteConnection, set: &Migrations) -> Result<(), Failure> {
    let run = lenient(&set.sqlite).run(&mut *connection).await;
    run.map_err(|error| Failure::internal(format!("a migration failed: {error}")))?;
    let _ = connection.unlock().await;
    Ok(())
}

/// The server's own lock, which sqlx takes, lets one replica work at a time.
pub async fn mysql(pool: &MySqlPool, sets: &[&Migrations]) -> Result<(), Failure> {
    let mut connection = pool.acquire().await.stored()?;
    for set in sets {
        let Some(migrator) = &set.mysql else {
            return Err(Failure::internal("these tables have no migrations for MySQL"));
        };
        let run = lenient(migrator).run(&mut *connection).await;
        run.map_err(|error| Failure::internal(format!("a migration failed: {error}")))?;
    }
    Ok(())
}

/// Does not mind what other sets have applied, or a later version of this program.
fn lenient(set: &Migrator) -> Migrator {
    let mut set = Migrator { migrations: set.migrations.clone(), ..Migrator::DEFAULT };
    set.set_ignore_missing(true);
    set
}
