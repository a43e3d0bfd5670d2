//! Which machines there are.

use async_trait::async_trait;
use kit::{Failure, MachineId};

#[async_trait]
pub trait Catalogue: Send + Sync {
    /// `MachineNotFound` where there is none, a deleted one included.
    async fn require(&self, machine: MachineId) -> Result<(), Failure>;
}
