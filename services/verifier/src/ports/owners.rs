//! The services that own what the read model copies.

use async_trait::async_trait;
use kit::{AllocationId, Failure, MachineId, UserId};

use crate::domain::{AllocationCopy, Key, MachineCopy, Person};

/// Each as its owner has it now; `None` where the owner has none, a deleted one included.
#[async_trait]
pub trait Owners: Send + Sync {
    async fn person(&self, user: UserId) -> Result<Option<Person>, Failure>;
    /// The API key of this SHA-256, while it opens anything.
    async fn api_key(&self, hash: &[u8]) -> Result<Option<Key>, Failure>;
    async fn machine(&self, id: MachineId) -> Result<Option<MachineCopy>, Failure>;
    /// Whatever its tenant.
    async fn allocation(&self, id: AllocationId) -> Result<Option<AllocationCopy>, Failure>;
}
