//! A database and an account of its own for each service on MySQL.

use std::str::FromStr as _;

use anyhow::{Context as _, ensure};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use url::Url;

/// What a service's own URL says of it.
struct User {
    name: String,
    password: String,
    database: String,
}

pub async fn make(admin: &str, urls: &[&str]) -> anyhow::Result<()> {
    let options = MySqlConnectOptions::from_str(admin).context("the administrator's URL of MySQL is none")?;
    // Where the server has no certificate the password still has to reach it; a URL may ask for more.
    let options = if admin.contains("ssl-mode") { options } else { options.ssl_mode(MySqlSslMode::Preferred) };
    let mut connection = options.connect().await?;
    for url in urls {
        statements(&mut connection, &User::of(url)?).await?;
    }
    connection.close().await?;
    Ok(())
}

impl User {
    fn of(url: &str) -> anyhow::Result<Self> {
        let url = Url::parse(url).context("a database_url is no URL")?;
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let user = Self {
            name: decoded(url.username()),
            password: decoded(url.password().unwrap_or_default()),
            database: decoded(url.path().trim_start_matches('/')),
        };
        let named = !user.name.is_empty() && !user.password.is_empty() && !user.database.is_empty();
        ensure!(named, "a database_url has to name a user, a password and a database: mysql://user:password@host/name");
        Ok(user)
    }
}

async fn statements(connection: &mut MySqlConnection, user: &User) -> anyhow::Result<()> {
    let (account, password) = (format!("{}@'%'", text(&user.name)), text(&user.password));
    let database = format!("`{}`", user.database.replace('`', "``"));
    for statement in [
        format!("CREATE DATABASE IF NOT EXISTS {database} CHARACTER SET utf8mb4"),
        format!("CREATE USER IF NOT EXISTS {account} IDENTIFIED BY {password}"),
        format!("ALTER USER {account} IDENTIFIED BY {password}"),
        // Nothing of another service's, and no word on the server itself.
        format!("GRANT ALL PRIVILEGES ON {database}.* TO {account}"),
    ] {
        connection.execute(AssertSqlSafe(statement)).await?;
    }
    Ok(())
}

fn text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use testkit::servers;

    use super::*;

    #[tokio::test]
    async fn a_service_gets_its_own_and_no_more_and_a_new_password_holds() {
        let admin = servers::mysql();
        let name = servers::unique("accounts");
        let at = Url::parse(&admin).unwrap();
        let (host, port) = (at.host_str().unwrap(), at.port().unwrap());
        let url = |password: &str| format!("mysql://{name}:{password}@{host}:{port}/{name}");
        make(&admin, &[&url("first'%5C")]).await.unwrap();
        make(&admin, &[&url("second")]).await.unwrap();
        let connect = async |url: &str| MySqlConnectOptions::from_str(url).unwrap().connect().await;
        assert!(connect(&url("first'%5C")).await.is_err(), "the old password still holds");
        let mut own = connect(&url("second")).await.unwrap();
        own.execute("CREATE TABLE t (n INT)").await.unwrap();
        assert!(own.execute("CREATE DATABASE somebody_elses").await.is_err());
        let mut admin = connect(&admin).await.unwrap();
        for end in [format!("DROP DATABASE {name}"), format!("DROP USER {name}@'%'")] {
            admin.execute(AssertSqlSafe(end)).await.unwrap();
        }
    }

    #[test]
    fn a_url_without_a_password_is_refused() {
        assert!(User::of("mysql://root@localhost/berth").is_err());
        assert!(User::of("mysql://user:word@localhost").is_err());
    }
}
