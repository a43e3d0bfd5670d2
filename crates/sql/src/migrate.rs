//! The schema of one set of tables, for either database. Forward only; a set may be applied as often as one likes.

use kit::{ErrorCode, Failure};
use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::{MySqlConnection, MySqlPool, SqliteConnection};

use crate::Stored as _;
use crate::failure::failure;

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
    run.map_err(failed)?;
    let _ = connection.unlock().await;
    Ok(())
}

/// How long a replica waits for another that migrates, in seconds.
const PATIENCE: i64 = 300;

/// One replica works at a time, the others wait and find everything done. sqlx's own lock asks to wait for ever, which
/// MariaDB takes for not at all.
pub async fn mysql(pool: &MySqlPool, sets: &[&Migrations]) -> Result<(), Failure> {
    let mut connection = pool.acquire().await.stored()?;
    let lock = sqlx::query_scalar("SELECT GET_LOCK(CONCAT('berth.', DATABASE()), ?)").bind(PATIENCE);
    let held: Option<i64> = lock.fetch_one(&mut *connection).await.stored()?;
    if held != Some(1) {
        let told = "another replica has been migrating for five minutes";
        return Err(Failure::of(ErrorCode::StoreUnavailable).operator(told));
    }
    let done = run(&mut connection, sets).await;
    // Goes with the connection in any case, which goes back to the pool.
    let released = sqlx::query("SELECT RELEASE_LOCK(CONCAT('berth.', DATABASE()))").execute(&mut *connection).await;
    done.and(released.stored().map(drop))
}

async fn run(connection: &mut MySqlConnection, sets: &[&Migrations]) -> Result<(), Failure> {
    for set in sets {
        let Some(migrator) = &set.mysql else {
            return Err(Failure::internal("these tables have no migrations for MySQL"));
        };
        connection.ensure_migrations_table("_sqlx_migrations").await.map_err(failed)?;
        // Begun by a process that died. Each is one statement that can be repeated, and is.
        let begun = "DELETE FROM _sqlx_migrations WHERE success = FALSE";
        sqlx::query(begun).execute(&mut *connection).await.stored()?;
        let mut migrator = lenient(migrator);
        migrator.set_locking(false);
        let run = migrator.run(&mut *connection).await;
        run.map_err(failed)?;
    }
    Ok(())
}

/// A server that goes away in the middle is waited for like one that was away before.
fn failed(error: MigrateError) -> Failure {
    match &error {
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _)
            if failure(cause).code == ErrorCode::StoreUnavailable =>
        {
            failure(cause)
        }
        _ => Failure::internal(format!("a migration failed: {error}")),
    }
}

/// Does not mind what other sets have applied, or a later version of this program.
fn lenient(set: &Migrator) -> Migrator {
    let mut set = Migrator { migrations: set.migrations.clone(), ..Migrator::DEFAULT };
    set.set_ignore_missing(true);
    set
}
