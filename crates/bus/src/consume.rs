//! Consumers and the loop that drives them. A consumer's effect and its position commit together, so that a crash
//! between them cannot lose or double anything.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kit::Failure;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::event::{Event, Topic};

/// How many events one transaction takes at most.
const BATCH: u32 = 256;
/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// An event at its place in a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub position: u64,
    pub event: Event,
}

/// An event that a consumer cannot read, and why.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    pub record: Record,
    pub reason: String,
}

/// One topic as a bus gives it.
#[async_trait]
pub trait Source: Send + Sync {
    fn topic(&self) -> Topic;
    /// Events behind a position, oldest first.
    async fn after(&self, position: u64, limit: u32) -> Result<Vec<Record>, Failure>;
    /// Changes when there may be more.
    fn changes(&self) -> watch::Receiver<u64>;
}

/// What a service does with other services' events.
#[async_trait]
pub trait Consumer: Send + Sync {
    /// Names its position; never changes.
    fn name(&self) -> &'static str;
    /// How far it has come in a topic.
    async fn position(&self, topic: Topic) -> Result<u64, Failure>;
    /// Takes records in order; effect, dead letters and the last record's position commit together.
    /// An event of a kind that it does not know, or of a revision that it has, is passed over.
    /// Returns the dead letters, for a bus that shows them to others too.
    async fn apply(&self, topic: Topic, records: Vec<Record>) -> Result<Vec<DeadLetter>, Failure>;
}

/// Feeds a consumer from a source until cancelled. A failure is tried again, with growing pauses, for ever.
pub async fn run(consumer: Arc<dyn Consumer>, source: Arc<dyn Source>, cancel: CancellationToken) {
    counted_from_zero(consumer.name(), source.topic());
    let mut changes = source.changes();
    let mut failures = 0_u32;
    loop {
        changes.mark_unchanged();
        let pause = match step(consumer.as_ref(), source.as_ref()).await {
            Ok(taken) => {
                failures = 0;
                if taken > 0 {
                    continue;
                }
                None
            }
            Err(failure) => {
                failures += 1;
                count_failure(consumer.name(), source.topic());
                tracing::warn!(consumer = consumer.name(), topic = source.topic().as_str(), %failure, "events have to wait");
                Some(LONGEST_PAUSE.min(Duration::from_millis(50 << failures.min(7))))
            }
        };
        tokio::select! {
            () = cancel.cancelled() => return,
            () = async { tokio::time::sleep(pause.unwrap_or_default()).await }, if pause.is_some() => {}
            more = changes.changed(), if pause.is_none() => if more.is_err() { return },
        }
    }
}

/// What is counted only when something goes wrong is there from the beginning: a counter that appears with its first event
/// has not increased, to who watches it. What every bus calls.
pub fn counted_from_zero(consumer: &'static str, topic: Topic) {
    metrics::counter!("berth_bus_failed_total", "consumer" => consumer, "topic" => topic.as_str()).increment(0);
    metrics::counter!("berth_bus_dead_letters_total", "consumer" => consumer).increment(0);
}

/// Events that a consumer could not take yet; what every bus calls.
pub fn count_failure(consumer: &'static str, topic: Topic) {
    metrics::counter!("berth_bus_failed_total", "consumer" => consumer, "topic" => topic.as_str()).increment(1);
}

/// Takes one batch; says how many events it had.
async fn step(consumer: &dyn Consumer, source: &dyn Source) -> Result<usize, Failure> {
    let topic = source.topic();
    let position = consumer.position(topic).await?;
    let records = source.after(position, BATCH).await?;
    let taken = records.len();
    if taken > 0 {
        apply(consumer, topic, records).await?;
    }
    Ok(taken)
}

/// Hands a batch to a consumer, as a span under what caused the events. What every bus calls.
pub async fn apply(consumer: &dyn Consumer, topic: Topic, records: Vec<Record>) -> Result<Vec<DeadLetter>, Failure> {
    let taken = records.len() as u64;
    let causes: Vec<_> = records.iter().map(|record| record.event.trace.place()).collect();
    let work = consumer.apply(topic, records);
    let letters = kit::trace::consumed(consumer.name(), topic.as_str(), causes.into_iter(), work).await?;
    metrics::counter!("berth_bus_consumed_total", "consumer" => consumer.name(), "topic" => topic.as_str())
        .increment(taken);
    Ok(letters)
}
