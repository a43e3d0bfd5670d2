//! Deliveries that were given up, all users' together: for admins only.

use async_trait::async_trait;
use kit::{Act, Failure, Page, PageRequest, Timestamp, UserId};

use crate::domain::{Channel, DeliveryId, Record, Subject};

/// Which dead letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeadFilter {
    pub channel: Option<Channel>,
    pub subject: Option<Subject>,
    pub user: Option<UserId>,
}

#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// Newest first.
    async fn list(&self, filter: DeadFilter, page: &PageRequest) -> Result<Page<Record>, Failure>;
    /// `None` for a delivery that is not dead.
    async fn find(&self, id: DeliveryId) -> Result<Option<Record>, Failure>;
    /// Makes a dead letter due again as if it were new, worth sending until `expires_at`, with the act. `false` where it
    /// is not dead any more.
    async fn resend(&self, id: DeliveryId, at: Timestamp, expires_at: Timestamp, act: Act) -> Result<bool, Failure>;
}
