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

/// The pause before the database is asked again for what only it knows.
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
            let follow = read(&settings, subscription, backing.as_ref(), producer, readiness);
            if let Some(Ok((reader, follower))) = stop.run_until_cancelled(follow).await {
                tokio::spawn(stop.clone().run_until_cancelled_owned(follower));
                reader.run(stop).await;
            }
        });
    }
    Ok(())
}

/// A reader in the group of this life of the consumer's database, and what tells how far it has come.
async fn read(
    settings: &Settings,
    subscription: Subscription,
    backing: &dyn Backing,
    producer: Arc<KafkaProducer>,
    readiness: Readiness,
) -> Result<(Reader, impl Future<Output = ()> + use<>), Failure> {
    let Subscription { consumer, topics } = subscription;
    let name = consumer.name();
    let generation = loop {
        match backing.generation(name).await {
            Ok(generation) => break generation,
            Err(failure) => tracing::warn!(consumer = name, %failure, "a consumer waits for its database"),
        }
        tokio::time::sleep(PAUSE).await;
    };
    let reader = Reader::open(settings, consumer, topics, &generation, producer)?;
    let progress = reader.progress();
    Ok((reader, follow(name, progress, readiness)))
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
