//! Deliveries as the tasks see them: all users' together. Nothing that serves one user may import this.

use async_trait::async_trait;
use kit::{Failure, Timestamp};

use crate::domain::{Attempt, Delivery, DeliveryId, Health};

/// Deliveries that are worked on apart, so that slow receivers of webhooks hold up no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Mail and texts; codes go first.
    Messages,
    /// The codes among those.
    Codes,
    /// One at a time to each webhook, and to one user's webhooks as many as `domain::webhook::AT_ONCE`.
    Webhooks,
}

/// How an attempt ended, and what that says of the webhook that it went to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub attempt: Attempt,
    pub health: Option<Health>,
}

impl<T: Into<Attempt>> From<T> for Ended {
    fn from(attempt: T) -> Self {
        Self { attempt: attempt.into(), health: None }
    }
}

#[async_trait]
pub trait Deliveries: Send + Sync {
    /// Takes what is due and not held, oldest first, and holds it until `hold_until`: nobody else gets it before then.
    /// Each counts one attempt more.
    async fn claim(
        &self,
        lane: Lane,
        at: Timestamp,
        hold_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, Failure>;
    /// Goes on holding a delivery; `false` where it ended or somebody else has claimed it since.
    async fn renew(&self, delivery: &Delivery, at: Timestamp, hold_until: Timestamp) -> Result<bool, Failure>;
    /// Ends an attempt, and takes it into account for its webhook; one that is turned off by that is told to its owner.
    /// Every outcome but `Retry` wipes the code, every one but `Retry` and `Dead` what the message tells. A delivery that
    /// ended before, or that somebody else has claimed since, stays as it is.
    async fn record(&self, delivery: &Delivery, ended: Ended, at: Timestamp) -> Result<(), Failure>;
    /// When the next one may be claimed; `None` when nothing waits.
    async fn next_due(&self, lane: Lane) -> Result<Option<Timestamp>, Failure>;
    /// Removes those that ended before a time, and what was remembered of users and allocations that are gone since.
    /// Returns how many deliveries.
    async fn forget(&self, before: Timestamp) -> Result<u64, Failure>;
    /// Whether the sealed code and the facts of a delivery are still there; `None` for one that is not.
    async fn holds(&self, id: DeliveryId) -> Result<Option<(bool, bool)>, Failure>;
}
