//! The bus at scale: events on Kafka. A relay produces what stands in an outbox, a `Reader` drives the same consumers as
//! the embedded bus does. Topics are made by `topics::ensure`; none is made in passing.

mod announce;
mod client;
mod envelope;
mod filled;
mod letters;
mod link;
mod member;
mod names;
mod outside;
mod places;
mod producer;
mod progress;
mod reader;
pub mod tombstones;
pub mod topics;

use kit::{ErrorCode, Failure};
use rdkafka::error::KafkaError;

pub use announce::announce;
pub use filled::filled;
pub use names::Names;
pub use producer::KafkaProducer;
pub use progress::{Progress, TopicProgress};
pub use reader::Reader;

/// Where the brokers are and what our topics are like there.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `host:port`, several with commas between them.
    pub brokers: String,
    pub names: Names,
    /// How many brokers keep each record. From 3 on, two must have it before it counts as sent.
    pub replication: i32,
}

impl Settings {
    /// Our own names, one copy.
    pub fn new(brokers: impl Into<String>) -> Self {
        Self { brokers: brokers.into(), names: Names::default(), replication: 1 }
    }
}

/// What the brokers' answer means to those who asked.
fn away(error: &KafkaError) -> Failure {
    Failure::of(ErrorCode::PeerUnavailable).operator(format!("Kafka: {error}"))
}

/// Runs what waits for a broker on a thread that may wait.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(Failure::internal(error)))
}
