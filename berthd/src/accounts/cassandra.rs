//! An administrator of its own on Cassandra in place of the one that everybody knows, and an account for the feed.

use std::time::Duration;

use anyhow::Context as _;
use kit::Ambient;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use secrecy::ExposeSecret as _;
use url::Url;

use crate::config::FeedBackend;

/// Name and password of the administrator of every new Cassandra.
const BUILT_IN: &str = "cassandra";
const PATIENCE: Duration = Duration::from_secs(5);

pub async fn make(admin: &str, feed: &FeedBackend) -> anyhow::Result<()> {
    let url = Url::parse(admin).context("the administrator's URL of Cassandra is none")?;
    let node = format!("{}:{}", url.host_str().unwrap_or_default(), url.port().unwrap_or(9042));
    let (name, password) = (url.username(), url.password().context("it has to name a password")?);
    if session(&node, name, password).await.is_err() {
        let built_in = session(&node, BUILT_IN, BUILT_IN).await?;
        ask(&built_in, &role("CREATE ROLE IF NOT EXISTS", name, password, "SUPERUSER = true AND LOGIN = true")).await?;
    }
    let session = session(&node, name, password).await?;
    // Nobody logs in by it any more: its password is forgotten here.
    let forgotten = Ambient::system().uuid().to_string();
    ask(&session, &role("ALTER ROLE", BUILT_IN, &forgotten, "SUPERUSER = false AND LOGIN = false")).await?;
    let (Some(name), Some(password)) = (&feed.user, &feed.password) else { return Ok(()) };
    for verb in ["CREATE ROLE IF NOT EXISTS", "ALTER ROLE"] {
        ask(&session, &role(verb, name, password.expose_secret(), "SUPERUSER = false AND LOGIN = true")).await?;
    }
    // Whoever makes a keyspace may do everything in it.
    ask(&session, &format!("GRANT CREATE ON ALL KEYSPACES TO \"{}\"", name.replace('"', "\"\""))).await
}

async fn session(node: &str, user: &str, password: &str) -> anyhow::Result<Session> {
    let builder = SessionBuilder::new().known_node(node).user(user, password).connection_timeout(PATIENCE);
    Ok(tokio::time::timeout(PATIENCE, builder.build()).await.context("it took too long")??)
}

async fn ask(session: &Session, statement: &str) -> anyhow::Result<()> {
    session.query_unpaged(statement, &[]).await?;
    Ok(())
}

fn role(verb: &str, name: &str, password: &str, rest: &str) -> String {
    let (name, password) = (name.replace('"', "\"\""), password.replace('\'', "''"));
    format!("{verb} \"{name}\" WITH PASSWORD = '{password}' AND {rest}")
}
