//! `berthd migrate`: schemas and topics, before the services that want them. Each server is waited for.

use std::time::{Duration, Instant};

use bus::Topic;
use bus::kafka::topics;
use kit::{Ambient, ErrorCode, Failure, ServiceName};

use crate::config::Config;
use crate::serve::events;
use crate::wiring;

/// How long a server that is away is waited for. What a migration itself takes is its own affair.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks for it.
const PAUSE: Duration = Duration::from_millis(500);

/// Of one service, or of all whose database is named; that none is, is a mistake of whoever asked.
pub async fn migrate(only: Option<ServiceName>, config: &Config) -> anyhow::Result<()> {
    ensure_named(only, config)?;
    let ambient = Ambient::system();
    for name in ServiceName::ALL.into_iter().filter(|name| only.is_none_or(|only| only == *name)) {
        match config.store_of(name) {
            Some((_, true)) => {
                patiently(&format!("{name}'s database"), || wiring::migrate(name, config, &ambient)).await?;
                println!("{name}: the schema is up to date");
            }
            Some((key, false)) => println!("{name}: no database is named ({key}), skipped"),
            None => println!("{name}: has no database on a server"),
        }
    }
    let settings = events::settings(config)?;
    let wanted: Vec<Topic> = only.map_or_else(|| Topic::all().collect(), Topic::of);
    let outcome = patiently("Kafka", || topics::ensure(&settings, &wanted)).await?;
    for name in &outcome.made {
        println!("made the topic {name}");
    }
    for difference in &outcome.different {
        println!("warning: {}", difference.0);
    }
    Ok(())
}

/// Before any server is asked. docker and interact have topics alone, and may be asked for by name.
fn ensure_named(only: Option<ServiceName>, config: &Config) -> anyhow::Result<()> {
    if let Some(name) = only {
        return config.apart(name);
    }
    let named = ServiceName::ALL.into_iter().filter_map(|name| config.store_of(name)).any(|(_, named)| named);
    anyhow::ensure!(
        named,
        "no service's database is named, so there is nothing to migrate: docs/configuration.md has the keys, such as \
         user.database_url. `berthd up` migrates its own files when it starts"
    );
    Ok(())
}

async fn patiently<T, F: Future<Output = Result<T, Failure>>>(
    what: &str,
    attempt: impl Fn() -> F,
) -> anyhow::Result<T> {
    let mut away = None;
    loop {
        match attempt().await {
            Err(failure) if matches!(failure.code, ErrorCode::StoreUnavailable | ErrorCode::PeerUnavailable) => {
                let since = *away.get_or_insert_with(|| {
                    tracing::warn!(%failure, "waiting for {what}");
                    Instant::now()
                });
                anyhow::ensure!(
                    since.elapsed() < PATIENCE,
                    "{what} did not answer in {} s: {failure}",
                    PATIENCE.as_secs()
                );
                tokio::time::sleep(PAUSE).await;
            }
            other => return Ok(other?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_nobody_named_is_not_up_to_date() {
        let none = Config::default();
        let refusal = |only| ensure_named(only, &none).unwrap_err().to_string();
        assert!(refusal(None).contains("nothing to migrate"));
        assert!(refusal(Some(ServiceName::Machines)).contains("machines.mongodb_url"));
        for without in [ServiceName::Docker, ServiceName::Interact] {
            ensure_named(Some(without), &none).unwrap();
        }
        let mut one = Config::default();
        one.feed.cassandra = Some("127.0.0.1:9042".to_owned());
        ensure_named(None, &one).unwrap();
        ensure_named(Some(ServiceName::Feed), &one).unwrap();
        assert!(ensure_named(Some(ServiceName::User), &one).is_err());
    }
}
