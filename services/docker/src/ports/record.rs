//! What must survive this process: the highest epochs seen, and hints on their way to the bus.

use async_trait::async_trait;
use kit::{AllocationId, Failure, Timestamp};

use super::engine::Hint;

#[async_trait]
pub trait Record: Send + Sync {
    /// Takes note of an epoch. `stale_epoch` where a higher one was seen.
    async fn epoch_seen(&self, allocation: AllocationId, epoch: u64, at: Timestamp) -> Result<(), Failure>;
    /// Announces `node.*`.
    async fn announce(&self, hint: &Hint) -> Result<(), Failure>;
    /// Announces `node.started`: look at everything again.
    async fn announce_start(&self, at: Timestamp) -> Result<(), Failure>;
}
