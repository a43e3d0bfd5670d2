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

/// Of one service, or of all.
pub async fn migrate(only: Option<ServiceName>, config: &Config) -> anyhow::Result<()> {
    let ambient = Ambient::system();
    for name in ServiceName::ALL.into_iter().filter(|name| only.is_none_or(|only| only == *name)) {
        patiently(&format!("{name}'s database"), || wiring::migrate(name, config, &ambient)).await?;
        println!("{name}: the schema is up to date");
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
