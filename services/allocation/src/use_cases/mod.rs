//! What people can do with allocations, one verb a file, written against ports.

pub mod change;
pub mod connection;
pub mod create;
pub mod events;
pub mod inspect;
pub mod list;
pub mod log;
pub mod quota;
pub mod wait;

use std::sync::Arc;

use kit::{AllocationId, Ambient, ErrorCode, Failure, SealingKey, SiteId};
use tokio_util::sync::CancellationToken;

use crate::domain::allocation::Allocation;
use crate::domain::quota::Amounts;
use crate::nudge::Nudge;
use crate::ports::{AllocationStore, Catalogue, Engine};

/// What the use cases work with.
#[derive(Clone)]
pub struct Desk {
    pub store: Arc<dyn AllocationStore>,
    pub catalogue: Arc<dyn Catalogue>,
    pub engine: Arc<dyn Engine>,
    pub ambient: Ambient,
    pub nudge: Nudge,
    /// Hashes request bodies for idempotency keys.
    pub fingerprints: SealingKey,
    pub default_quota: Amounts,
    pub site: SiteId,
    pub public_host: String,
    /// Fires when waits must answer with the present state.
    pub handover: CancellationToken,
}

impl Desk {
    /// The caller's allocation. `allocation_not_found` also for another tenant's.
    pub async fn find(&self, caller: &kit::Caller, id: AllocationId) -> Result<Allocation, Failure> {
        let found = self.store.find(caller.tenant, id).await?;
        found.ok_or_else(|| Failure::of(ErrorCode::AllocationNotFound))
    }
}
