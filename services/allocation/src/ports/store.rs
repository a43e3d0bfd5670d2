//! Allocations as one tenant sees them; there is no way to ask without a tenant.

use std::time::Duration;

use async_trait::async_trait;
use kit::{Act, AllocationId, Failure, Page, PageRequest, TenantId, Timestamp};
use tokio::sync::watch;

use crate::domain::allocation::{Allocation, Cause, LedgerEntry, PropertyValues};
use crate::domain::lifecycle::Verb;
use crate::domain::listing::Filter;
use crate::domain::quota::{Amounts, Quota};

/// An allocation that is to be, with the key under which its request may be repeated.
#[derive(Clone, Debug)]
pub struct NewAllocation {
    pub allocation: Allocation,
    pub values: PropertyValues,
    pub key: Option<IdempotencyKey>,
    pub act: Act,
}

/// A client's name for a request, and what the request said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    pub key: String,
    /// An HMAC of the parsed body.
    pub fingerprint: [u8; 32],
}

/// The store. An act that comes with a change commits with it, under the allocation's name; a refusal is no act.
#[async_trait]
pub trait AllocationStore: Send + Sync {
    /// `None` also for another tenant's: a stranger cannot tell the difference.
    async fn find(&self, tenant: TenantId, id: AllocationId) -> Result<Option<Allocation>, Failure>;

    /// What was made under a key within the last 24 h. `idempotency_key_reused` where the request said something else.
    async fn find_by_key(&self, tenant: TenantId, key: &IdempotencyKey) -> Result<Option<Allocation>, Failure>;

    /// Row, leases, quota, work and event in one transaction; a refusal leaves nothing behind. `default` bounds the
    /// tenant where no admin said otherwise. `name_taken`, `quota_exceeded`, `site_full`; `session_closed` for a closed
    /// tenant. A key that a request running at the same time used first gives that one's allocation and `true`.
    async fn create(
        &self,
        tenant: TenantId,
        new: NewAllocation,
        default: Amounts,
    ) -> Result<(Allocation, bool), Failure>;

    async fn list(&self, tenant: TenantId, filter: &Filter, page: &PageRequest) -> Result<Page<Allocation>, Failure>;

    /// Notes a wish and begins the work that it takes, in one transaction. `allocation_not_found`, `allocation_removed`,
    /// `allocation_busy`; `quota_exceeded` and `site_full` where leases are taken anew; `session_closed` where a closed
    /// tenant wants to begin something.
    async fn change(&self, tenant: TenantId, id: AllocationId, change: Change) -> Result<Allocation, Failure>;

    /// Gives it another name, in any state and beside any work. The one that it has is no change.
    /// `allocation_not_found`, `allocation_removed`, `name_taken`.
    async fn rename(&self, tenant: TenantId, id: AllocationId, name: &str, word: Word) -> Result<Allocation, Failure>;

    /// The ledger, newest first.
    async fn ledger(
        &self,
        tenant: TenantId,
        id: AllocationId,
        page: &PageRequest,
    ) -> Result<Page<LedgerEntry>, Failure>;

    /// The values of its properties, unsealed. `allocation_not_found`.
    async fn values(&self, tenant: TenantId, id: AllocationId) -> Result<PropertyValues, Failure>;

    /// What the tenant may hold, and holds.
    async fn quota(&self, tenant: TenantId, default: Amounts) -> Result<Quota, Failure>;

    /// Records an act that changes nothing, as reading a secret; once this answers it cannot be lost.
    async fn record(&self, act: Act) -> Result<(), Failure>;

    /// Changes whenever this process may have changed any allocation.
    fn changes(&self) -> watch::Receiver<u64>;

    /// How often whoever waits for a change looks all the same; `None` where no other process changes anything.
    fn look_every(&self) -> Option<Duration>;
}

/// On whose word something changes, and what is recorded of that.
#[derive(Clone, Debug)]
pub struct Word {
    pub cause: Cause,
    pub act: Act,
    pub at: Timestamp,
}

/// A wish of the owner's, or of an admin's.
#[derive(Clone, Debug)]
pub struct Change {
    pub verb: Verb,
    /// For a removal: go on whatever the engine says.
    pub force: bool,
    /// For a start: take other host ports than the ones it had.
    pub new_port: bool,
    pub word: Word,
    pub default_quota: Amounts,
}
