//! The embedded bus: who produces each topic, who reads it, and when its rows may go.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bus::{Consumer, OutboxSource, Topic};
use kit::Failure;
use sql::Database;
use wire::drain::Drain;
use wire::service::Subscription;
use wire::task::{Report, Task};

use crate::platform::Platform;

/// Starts every consumer on each of its topics, until the process stops.
pub fn start(platform: &Platform, subscriptions: &[Subscription], drain: &Drain) -> Result<Prune, Failure> {
    let mut readers = Vec::new();
    for Subscription { consumer, topics } in subscriptions {
        for topic in topics {
            let database = platform.opened(topic.producer())?;
            let source = Arc::new(OutboxSource::new(database.clone(), *topic));
            drain.tracker.spawn(bus::run(consumer.clone(), source, drain.stop.clone()));
            readers.push((*topic, database, consumer.clone()));
        }
    }
    Ok(Prune { readers })
}

/// Removes rows of the outboxes that every reader is past.
pub struct Prune {
    readers: Vec<(Topic, Database, Arc<dyn Consumer>)>,
}

impl Prune {
    /// Looks how far each reader is on the way.
    async fn prune(&self, topic: Topic) -> Result<u64, Failure> {
        let mut database = None;
        let mut least = u64::MAX;
        for (of, file, consumer) in &self.readers {
            if *of == topic {
                let position = consumer.position(topic).await?;
                let behind = bus::outbox::behind(file, topic, position).await?;
                metrics::gauge!("berth_bus_behind", "consumer" => consumer.name(), "topic" => topic.as_str())
                    .set(behind as f64);
                least = least.min(position);
                database = Some(file);
            }
        }
        let Some(database) = database else { return Ok(0) };
        bus::outbox::prune(database, topic, least).await
    }
}

#[async_trait]
impl Task for Prune {
    fn name(&self) -> &'static str {
        "outbox_prune"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(60)
    }

    async fn run_once(&self) -> Report {
        let mut report = Report::default();
        let topics: BTreeSet<Topic> = self.readers.iter().map(|(topic, _, _)| *topic).collect();
        for topic in topics {
            match self.prune(topic).await {
                Ok(done) => report.done += done,
                Err(failure) => {
                    tracing::warn!(topic = topic.as_str(), %failure, "an outbox could not be pruned");
                    report.failed += 1;
                }
            }
        }
        report
    }
}
