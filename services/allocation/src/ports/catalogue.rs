//! Where machines come from.

use async_trait::async_trait;
use kit::{Failure, MachineId};

use crate::domain::allocation::MachineCopy;

/// The catalogue as the verifier knows it.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// `machine_not_found` for an unknown or deleted one, `machine_inactive` for one that is not offered.
    async fn machine(&self, id: MachineId) -> Result<MachineCopy, Failure>;
}
