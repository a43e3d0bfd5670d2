//! `berthd accounts`: what an administrator makes on servers that are new, from the configuration of who will use them. For
//! `docker-compose.yml`, whose images bring no clients, and for servers that are rented. May be repeated: passwords that
//! changed are told to the servers.

mod cassandra;
mod documents;
mod relational;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use secrecy::{ExposeSecret, SecretString};

use crate::config::Config;

/// How long a server that is away is waited for.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two tries: nothing tells when a server is there.
const PAUSE: Duration = Duration::from_millis(300);

#[derive(clap::Args)]
pub struct AccountsArguments {
    /// A file with the administrator's URL of MySQL, `mysql://root:password@host:port`
    #[arg(long)]
    mysql: Option<PathBuf>,
    /// A file with the administrator's URL of MongoDB. One who is new to it needs an address on its own host
    #[arg(long)]
    mongodb: Option<PathBuf>,
    /// A file with the administrator's URL of Cassandra, `cassandra://admin:password@host:port`
    #[arg(long)]
    cassandra: Option<PathBuf>,
    /// A configuration file; see docs/configuration.md
    #[arg(long, env = "BERTH_CONFIG")]
    pub config: Option<PathBuf>,
}

/// Makes what is missing on each server whose administrator is named.
pub async fn run(arguments: &AccountsArguments, config: &Config) -> anyhow::Result<()> {
    if let Some(file) = &arguments.mysql {
        let admin = secret(file)?;
        let users = [&config.user.database_url, &config.notification.database_url, &config.allocation.database_url];
        let users: Vec<&str> = users.into_iter().flatten().map(ExposeSecret::expose_secret).collect();
        patiently("MySQL", || relational::make(admin.expose_secret(), &users)).await?;
        println!("MySQL: {} databases, each with its account", users.len());
    }
    if let Some(file) = &arguments.mongodb {
        let admin = secret(file)?;
        let users = documents::users(config).await?;
        patiently("MongoDB", || documents::make(admin.expose_secret(), &users)).await?;
        println!("MongoDB: a replica set, {} accounts", users.len());
    }
    if let Some(file) = &arguments.cassandra {
        let admin = secret(file)?;
        patiently("Cassandra", || cassandra::make(admin.expose_secret(), &config.feed)).await?;
        println!("Cassandra: an administrator of its own, one account");
    }
    Ok(())
}

fn secret(file: &Path) -> anyhow::Result<SecretString> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(text.trim().into())
}

/// All of it is repeatable, so whatever went wrong is tried again; a server that starts refuses in many ways.
async fn patiently<F: Future<Output = anyhow::Result<()>>>(what: &str, attempt: impl Fn() -> F) -> anyhow::Result<()> {
    let since = Instant::now();
    let mut told = String::new();
    loop {
        let Err(error) = attempt().await else { return Ok(()) };
        if since.elapsed() > PATIENCE {
            return Err(error.context(format!("{what} was not ready in {} s", PATIENCE.as_secs())));
        }
        let text = format!("{error:#}");
        if text != told {
            tracing::info!("waiting for {what}: {text}");
            told = text;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
