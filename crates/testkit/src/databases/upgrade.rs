//! Whether a schema can be changed while the version before still serves: what that version asks is recorded at its release
//! and asked of the new schema, and migrations may be run by all replicas at once and as often as one likes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use futures::future::join_all;
use sql::{Database, Dialect, Migrations};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, MySqlConnection, SqlSafeStr as _, SqliteConnection};

use super::{OwnMySql, fresh_sqlite};

/// Says in the environment that a suite is to record what it asks, and for which release.
const RECORD: &str = "TEST_RECORD_RELEASE";
/// Between two statements of a file.
const END: &str = "\n;\n";

/// Where a service's recorded statements are: a file a release.
fn directory(service: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(service).join("statements")
}

/// Whether `record` will write.
pub fn is_recording() -> bool {
    std::env::var_os(RECORD).is_some()
}

/// Called after a service's suites have run: writes every fixed statement that they ran, where the environment asks for it.
///
/// # Panics
/// Where the file cannot be written.
pub fn record(service: &str) {
    let Ok(release) = std::env::var(RECORD) else { return };
    let directory = directory(service);
    std::fs::create_dir_all(&directory).expect("a directory can be made");
    // What tests ask about the schema is not the service's, and a file's transactions are its writer's.
    let writers = ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"];
    let own = |statement: &&str| {
        !statement.contains("information_schema") && !writers.iter().any(|word| statement.starts_with(word))
    };
    let text: Vec<&str> = sql::statements().into_iter().filter(own).flat_map(|statement| [statement, END]).collect();
    std::fs::write(directory.join(format!("{release}.sql")), text.concat()).expect("the file can be written");
}

/// Every statement of every recorded release can be prepared on what these migrations make, in either database.
///
/// # Panics
/// With those that cannot, and where none was recorded.
pub async fn serves_older_releases(service: &str, sets: &[&Migrations]) {
    let statements = recorded(service);
    assert!(!statements.is_empty(), "no release of {service} was recorded in {}", directory(service).display());
    let (file, home) = fresh_sqlite(sets).await;
    file.close().await;
    let mut sqlite =
        SqliteConnection::connect(&format!("sqlite://{}/test.db", home.path().display())).await.expect("it is there");
    let own = OwnMySql::create().await;
    let database = Database::connect(&own.url()).expect("the URL is one");
    database.migrate(sets).await.expect("the migrations fit an empty database");
    let mut mysql = MySqlConnection::connect(&own.url()).await.expect("it is there");
    mysql.execute("SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'").await.expect("a mode");
    let mut refused = Vec::new();
    for statement in &statements {
        let text = |dialect: Dialect| AssertSqlSafe(dialect.translate(statement).text).into_sql_str();
        if let Err(error) = sqlite.prepare(text(Dialect::Sqlite)).await {
            refused.push(format!("SQLite: {error}: {statement}"));
        }
        if let Err(error) = mysql.prepare(text(Dialect::MySql)).await {
            refused.push(format!("MySQL: {error}: {statement}"));
        }
    }
    assert!(refused.is_empty(), "the schema no longer takes what an older release asks:\n{}", refused.join("\n"));
}

fn recorded(service: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(directory(service)).into_iter().flatten().flatten();
    let texts = files.filter_map(|file| std::fs::read_to_string(file.path()).ok());
    let split = |text: String| text.split(END).map(str::to_owned).collect::<Vec<_>>();
    texts.flat_map(split).filter(|statement| !statement.trim().is_empty()).collect()
}

/// Eight replicas migrate an empty database at once, and then each does so again.
///
/// # Panics
/// Where one of them fails.
pub async fn migrates_from_many_at_once(sets: &[&Migrations]) {
    let own = OwnMySql::create().await;
    let replicas: Vec<Database> = (0..8).map(|_| Database::connect(&own.url()).expect("the URL is one")).collect();
    for round in ["at once", "again"] {
        for done in join_all(replicas.iter().map(|replica| replica.migrate(sets))).await {
            done.unwrap_or_else(|failure| panic!("a migration {round}: {failure}"));
        }
    }
}
