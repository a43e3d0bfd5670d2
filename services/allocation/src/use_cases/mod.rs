//! What people can do with allocations, one verb a file, written against ports.

pub mod change;
pub mod connection;
pub mod create;
pub mod events;
pub mod inspect;
pub mod last_lines;
pub mod list;
pub mod log;
pub mod oversee;
pub mod quota;
pub mod quota_set;
pub mod reach;
pub mod rename;
pub mod settle;
pub mod show;
pub mod wait;

use std::sync::Arc;

use kit::{Act, AllocationId, Ambient, Caller, ErrorCode, Failure, SealingKey, SiteId, TenantId};
use tokio_util::sync::CancellationToken;

use crate::domain::allocation::Allocation;
use crate::domain::quota::Amounts;
use crate::nudge::Nudge;
use crate::ports::{AllocationStore, Catalogue, Engine, Tenants};
use oversee::Overseer;

/// What the acts in the audit list are about.
const SUBJECT: &str = "allocation";

/// What the use cases work with.
#[derive(Clone)]
pub struct Desk {
    pub store: Arc<dyn AllocationStore>,
    /// For what looks across tenants, and only for that.
    pub overseer: Overseer,
    pub catalogue: Arc<dyn Catalogue>,
    pub tenants: Arc<dyn Tenants>,
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
    /// A tenant's allocation. `allocation_not_found` also for another tenant's.
    pub async fn find(&self, tenant: TenantId, id: AllocationId) -> Result<Allocation, Failure> {
        let found = self.store.find(tenant, id).await?;
        found.ok_or_else(|| Failure::of(ErrorCode::AllocationNotFound))
    }
}

/// What the caller does to one of their own allocations.
fn act(caller: &Caller, action: &str, allocation: &Allocation) -> Act {
    Act::by(caller, action, SUBJECT, allocation.id).detail("name", &allocation.name)
}
