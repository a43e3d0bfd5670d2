//! A service's part of the bus between processes: what it announces goes to Kafka, what it reads comes from there.

use std::sync::Arc;
use std::time::Duration;

use bus::kafka::{KafkaProducer, Names, Progress, Reader, Settings};
use kit::{Failure, ServiceName};
use tokio::sync::watch;
use wire::health::Readiness;
use wire::service::Subscription;

use crate::backing::Backing;
use crate::config::Config;
use crate::platform::Platform;

/// The pause before a reader that could not be opened is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// The part of `/readyz` that tells how far a copy has been rebuilt.
const PART: &str = "events";

/// Where the brokers are, by the configuration.
pub fn settings(config: &Config) -> Result<Settings, Failure> {
    let brokers = config.kafka.brokers.clone().ok_or_else(|| {
        Failure::invalid("kafka.brokers", "Services in processes of their own speak over Kafka: name its brokers.")
    })?;
    Ok(Settings {
        names: Names::new(&config.kafka.topic_prefix),
        replication: i32::from(config.kafka.replication_factor),
        ..Settings::new(brokers)
    })
}

/// Starts the relay of the service's outbox and a reader for each of its consumers, until the process stops.
pub fn start(
    platform: &Platform,
    name: ServiceName,
    consumers: Vec<Subscription>,
    backing: Option<Arc<dyn Backing>>,
    readiness: &Readiness,
) -> Result<(), Failure> {
    let Some(backing) = backing else { return Ok(()) };
    let settings = settings(&platform.config)?;
    let producer = Arc::new(KafkaProducer::open(&settings, name.as_str())?);
    if let Some(outbox) = backing.outbox() {
        let (settings, producer, ambient) = (settings.clone(), producer.clone(), platform.ambient.clone());
        let stop = platform.drain.stop.clone();
        platform.drain.tracker.spawn(bus::kafka::announce(settings, name, outbox, producer, ambient, stop));
    }
    for subscription in consumers {
        readiness.expect(PART);
        let (settings, producer, backing) = (settings.clone(), producer.clone(), backing.clone());
        let (readiness, stop) = (readiness.clone(), platform.drain.stop.clone());
        platform.drain.tracker.spawn(async move {
            let name = subscription.consumer.name();
            let open = opened(name, || open(&settings, &subscription, backing.as_ref(), &producer));
            if let Some(reader) = stop.run_until_cancelled(open).await {
                let follower = follow(name, reader.progress(), readiness);
                tokio::spawn(stop.clone().run_until_cancelled_owned(follower));
                reader.run(stop).await;
            }
        });
    }
    Ok(())
}

/// A reader in the group of this life of the consumer's database.
async fn open(
    settings: &Settings,
    Subscription { consumer, topics }: &Subscription,
    backing: &dyn Backing,
    producer: &Arc<KafkaProducer>,
) -> Result<Reader, Failure> {
    let generation = backing.generation(consumer.name()).await?;
    Reader::open(settings, consumer.clone(), topics.clone(), &generation, producer.clone())
}

/// What `open` gives once it gives anything: a process without its reader would never be ready, and would not say why.
async fn opened<T, F>(consumer: &'static str, open: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, Failure>>,
{
    loop {
        match open().await {
            Ok(reader) => return reader,
            Err(failure) => tracing::warn!(consumer, %failure, "a consumer cannot read its events yet"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Tells in the log and in `/readyz` how far the events are that were there before this process, until it has them.
async fn follow(consumer: &'static str, mut progress: watch::Receiver<Progress>, readiness: Readiness) {
    let mut told = None;
    loop {
        let now = progress.borrow_and_update().clone();
        if now.caught_up() {
            readiness.ok(PART);
            tracing::info!(consumer, events = now.total(), "has every event that was there");
            return;
        }
        let percent = now.percent();
        if now.total() > 0 && told != Some(percent / 10) {
            told = Some(percent / 10);
            tracing::info!(consumer, percent, behind = now.behind(), "is being rebuilt");
        }
        readiness.not_ok(PART, format!("rebuilding: {percent} %, {} events to go", now.behind()));
        if progress.changed().await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_reader_that_cannot_be_opened_is_tried_again_until_it_can() {
        let tries = AtomicU32::new(0);
        let open = || async {
            let first = tries.fetch_add(1, Ordering::Relaxed) == 0;
            if first { Err(Failure::internal("not yet")) } else { Ok("reader") }
        };
        assert_eq!(opened("c", open).await, "reader");
        assert_eq!(tries.into_inner(), 2);
    }
}
