//! Where requests for messages come in from the bus: rows and position together, so that a crash between them cannot
//! lose or double a message.

use async_trait::async_trait;
use bus::{DeadLetter, Topic};
use kit::Failure;

use crate::domain::Delivery;

/// What one batch of events comes to.
#[derive(Clone, Debug)]
pub struct Batch {
    pub topic: Topic,
    /// The position of the batch's last event.
    pub up_to: u64,
    pub deliveries: Vec<Delivery>,
    pub unreadable: Vec<DeadLetter>,
}

#[async_trait]
pub trait Inbox: Send + Sync {
    /// How far a consumer has come in a topic; 0 before its first event.
    async fn position(&self, consumer: &str, topic: Topic) -> Result<u64, Failure>;
    /// Rows, dead letters and position in one transaction. A delivery whose cause, recipient and channel are there
    /// already changes nothing. Returns how many are new.
    async fn take(&self, consumer: &'static str, batch: Batch) -> Result<u64, Failure>;
}
