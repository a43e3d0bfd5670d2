//! What carries events to users' receivers, and decides which addresses may be reached at all.

use async_trait::async_trait;
use kit::{Failure, Timestamp};

use crate::domain::{Facts, Secret};

/// One event on its way to a receiver. A repetition differs in `at` alone.
#[derive(Clone, Debug)]
pub struct Call {
    pub url: String,
    /// `webhook-id`.
    pub id: String,
    /// The event's name.
    pub kind: &'static str,
    pub occurred_at: Timestamp,
    pub facts: Facts,
    /// Those that sign, the newest first.
    pub secrets: Vec<Secret>,
    /// When it is sent; receivers refuse what is old.
    pub at: Timestamp,
}

#[async_trait]
pub trait WebhookSender: Send + Sync {
    /// The URL as it is kept, where it may be a receiver's now. `InvalidInput` on `url` where it is none,
    /// `WebhookUrlForbidden` where its address is not public, or its name has none.
    async fn check(&self, url: &str) -> Result<String, Failure>;
    /// The receiver's status, whatever it is. `WebhookUrlForbidden` is final; `WebhookUnreachable` may pass, and leaves
    /// open whether the event arrived. Any other failure is our own, and says nothing of the receiver.
    async fn send(&self, call: &Call) -> Result<u16, Failure>;
}
