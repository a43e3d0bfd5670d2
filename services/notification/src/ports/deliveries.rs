//! Deliveries as the tasks see them: all users' together. Nothing that serves one user may import this.

use async_trait::async_trait;
use kit::{Failure, Timestamp};

use crate::domain::{Delivery, DeliveryId, Outcome};

/// Where a delivery stands, without what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// `pending`, `sent`, `expired` or `dead`.
    pub state: String,
    /// Why it is dead.
    pub reason: Option<String>,
    /// Begun so far.
    pub attempts: u32,
    /// Whether the sealed code is still there.
    pub has_code: bool,
}

#[async_trait]
pub trait Deliveries: Send + Sync {
    /// Takes what is due and not held, oldest first, and holds it until `hold_until`: nobody else gets it before then.
    /// Each counts one attempt more.
    async fn claim(&self, at: Timestamp, hold_until: Timestamp, limit: u32) -> Result<Vec<Delivery>, Failure>;
    /// Ends an attempt. Every outcome but `Retry` wipes the code; one that ended before stays as it is.
    async fn record(&self, id: DeliveryId, outcome: Outcome, at: Timestamp) -> Result<(), Failure>;
    /// When the next one may be claimed; `None` when nothing waits.
    async fn next_due(&self) -> Result<Option<Timestamp>, Failure>;
    /// Removes those that ended before a time. Returns how many.
    async fn forget(&self, before: Timestamp) -> Result<u64, Failure>;
    async fn status(&self, id: DeliveryId) -> Result<Option<Status>, Failure>;
}
