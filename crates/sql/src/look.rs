//! What a database is like, for whoever checks it before it is used. One connection, and nothing is changed.

use std::path::Path;
use std::str::FromStr as _;

use kit::Timestamp;
use sqlx::mysql::{MySqlConnectOptions, MySqlDatabaseError};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Connection as _, MySqlConnection, SqliteConnection};

use crate::{Migrations, Readers};

/// What a server says of itself and of the database that a URL names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a setting of the server's that is on or off")]
pub struct ServerFacts {
    /// `10.11.6-MariaDB-0+deb12u1`, `8.4.3`.
    pub version: String,
    pub character_set: String,
    /// `GRANT … ON … TO …`, a line each.
    pub grants: Vec<String>,
    pub read_only: bool,
    pub binary_log: bool,
    pub trusts_function_creators: bool,
    /// Whether what was committed is on the disk when it is answered.
    pub flushes_at_commit: bool,
    pub max_connections: i64,
    pub connected: i64,
    /// Versions of migrations that were applied; none where there are no tables yet.
    pub applied: Vec<i64>,
    pub clock: Timestamp,
}

/// Why a server said nothing of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotSeen {
    /// The URL is none; its text is not repeated.
    NotAUrl,
    Away(String),
    /// The server does not take this account, or not for this database.
    Denied(String),
    NoDatabase(String),
}

/// Looks at the database of a URL.
pub async fn look_at_server(url: &str) -> Result<ServerFacts, NotSeen> {
    if !["mysql://", "mariadb://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(NotSeen::NotAUrl);
    }
    let options = MySqlConnectOptions::from_str(url).map_err(|_| NotSeen::NotAUrl)?.charset("utf8mb4");
    if options.get_database().is_none() {
        return Err(NotSeen::NoDatabase("the URL names no database".to_owned()));
    }
    let mut connection = MySqlConnection::connect_with(&options).await.map_err(not_seen)?;
    let facts = facts(&mut connection).await.map_err(not_seen);
    let _ = connection.close().await;
    facts
}

async fn facts(connection: &mut MySqlConnection) -> Result<ServerFacts, sqlx::Error> {
    let text = "SELECT CONVERT(VERSION() USING utf8mb4), CONVERT(@@character_set_database USING utf8mb4)";
    let (version, character_set): (String, String) = sqlx::query_as(text).fetch_one(&mut *connection).await?;
    let numbers = "SELECT CAST(@@global.read_only AS SIGNED), CAST(@@global.log_bin AS SIGNED), \
        CAST(@@global.log_bin_trust_function_creators AS SIGNED), CAST(@@global.innodb_flush_log_at_trx_commit AS SIGNED), \
        CAST(@@global.max_connections AS SIGNED)";
    let (read_only, log, trusts, flushes, most): (i64, i64, i64, i64, i64) =
        sqlx::query_as(numbers).fetch_one(&mut *connection).await?;
    let clock = "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)";
    let clock: i64 = sqlx::query_scalar(clock).fetch_one(&mut *connection).await?;
    let grants: Vec<String> = sqlx::query_scalar("SHOW GRANTS").fetch_all(&mut *connection).await?;
    let connected = "SELECT CONVERT(VARIABLE_VALUE USING utf8mb4) FROM information_schema.GLOBAL_STATUS \
        WHERE VARIABLE_NAME = 'Threads_connected'";
    // MySQL keeps it elsewhere, and not everybody may look there.
    let connected: Result<String, _> = sqlx::query_scalar(connected).fetch_one(&mut *connection).await;
    Ok(ServerFacts {
        version,
        character_set,
        grants,
        read_only: read_only != 0,
        binary_log: log != 0,
        trusts_function_creators: trusts != 0,
        flushes_at_commit: flushes == 1,
        max_connections: most,
        connected: connected.ok().and_then(|count| count.parse().ok()).unwrap_or(0),
        applied: applied(connection).await?,
        clock: Timestamp::from_micros(clock),
    })
}

async fn applied(connection: &mut MySqlConnection) -> Result<Vec<i64>, sqlx::Error> {
    let rows = sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success = TRUE ORDER BY version");
    match rows.fetch_all(connection).await {
        // ER_NO_SUCH_TABLE
        Err(error) if number(&error) == Some(1146) => Ok(Vec::new()),
        rows => rows,
    }
}

fn number(error: &sqlx::Error) -> Option<u16> {
    match error {
        sqlx::Error::Database(error) => error.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number),
        _ => None,
    }
}

fn not_seen(error: sqlx::Error) -> NotSeen {
    let told = match &error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    };
    match number(&error) {
        // ER_BAD_DB_ERROR
        Some(1049) => NotSeen::NoDatabase(told),
        // ER_DBACCESS_DENIED_ERROR, ER_ACCESS_DENIED_ERROR, ER_TABLEACCESS_DENIED_ERROR, ER_ACCESS_DENIED_NO_PASSWORD_ERROR
        Some(1044 | 1045 | 1142 | 1698) => NotSeen::Denied(told),
        _ => NotSeen::Away(told),
    }
}

/// For reading a file that may be in use, or not; nothing is made and nothing is changed.
pub fn readers_of_file(path: &Path) -> Readers {
    Readers::Sqlite(SqlitePoolOptions::new().max_connections(1).connect_lazy_with(quietly(path)))
}

/// Without a log beside it nobody has the file open, and what is only read makes none.
fn quietly(path: &Path) -> SqliteConnectOptions {
    let alone = !path.with_extension("db-wal").exists();
    SqliteConnectOptions::new().filename(path).read_only(true).immutable(alone)
}

/// Versions of migrations that a SQLite file has; none where it has no tables yet. The sentence of an error is SQLite's.
pub async fn look_at_file(path: &Path) -> Result<Vec<i64>, String> {
    let told = |error: sqlx::Error| match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        other => other.to_string(),
    };
    let mut connection = SqliteConnection::connect_with(&quietly(path)).await.map_err(told)?;
    let there = "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";
    let there: i64 = sqlx::query_scalar(there).fetch_one(&mut connection).await.map_err(told)?;
    let mut versions = Vec::new();
    if there > 0 {
        let rows = sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success ORDER BY version");
        versions = rows.fetch_all(&mut connection).await.map_err(told)?;
    }
    let _ = connection.close().await;
    Ok(versions)
}

impl Migrations {
    /// The versions that a SQLite file is brought to.
    pub fn sqlite_versions(&self) -> Vec<i64> {
        self.sqlite.iter().map(|migration| migration.version).collect()
    }

    /// The versions that a MySQL database is brought to.
    pub fn mysql_versions(&self) -> Vec<i64> {
        self.mysql.iter().flat_map(sqlx::migrate::Migrator::iter).map(|migration| migration.version).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Database;

    #[tokio::test]
    async fn a_server_tells_of_itself_and_of_what_it_lacks() {
        let server = std::env::var("TEST_MYSQL_URL").expect("stack/servers.sh started MariaDB");
        let facts = look_at_server(&format!("{server}/mysql")).await.unwrap();
        assert!(
            facts.version.contains("MariaDB") && facts.applied.is_empty() && facts.max_connections > 0,
            "{facts:?}"
        );
        assert!(facts.grants.iter().any(|grant| grant.starts_with("GRANT ALL")), "{facts:?}");
        let no_such = look_at_server(&format!("{server}/berth_no_such")).await;
        assert!(matches!(no_such, Err(NotSeen::NoDatabase(_))), "{no_such:?}");
        let stranger = look_at_server(&server.replace("root@", "berth_nobody:secret@")).await;
        assert!(matches!(stranger, Err(NotSeen::NoDatabase(_))), "a database is asked for first: {stranger:?}");
        let stranger = look_at_server(&format!("{}/mysql", server.replace("root@", "berth_nobody:secret@"))).await;
        assert!(matches!(&stranger, Err(NotSeen::Denied(told)) if !told.contains("secret")), "{stranger:?}");
        let away = look_at_server("mysql://root@127.0.0.1:1/d").await;
        assert!(matches!(away, Err(NotSeen::Away(_))), "{away:?}");
        assert_eq!(look_at_server("postgres://x").await, Err(NotSeen::NotAUrl));
    }

    #[tokio::test]
    async fn a_file_is_looked_at_whether_or_not_somebody_has_it_open() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("user.db");
        assert!(look_at_file(&path).await.is_err(), "it is not made");
        let database = Database::open(&path, &[]).await.unwrap();
        assert_eq!(look_at_file(&path).await.unwrap(), [0; 0]);
        database.close().await;
        let before = std::fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(look_at_file(&path).await.unwrap(), [0; 0]);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), before, "looking left files");
    }
}
