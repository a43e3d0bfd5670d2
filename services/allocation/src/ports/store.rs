//! Allocations as one tenant sees them; there is no way to ask without a tenant.

use async_trait::async_trait;
use kit::{AllocationId, Failure, MachineId, Page, PageRequest, TenantId, Timestamp, UserId};
use tokio::sync::watch;

use crate::domain::allocation::{Allocation, LedgerEntry, PropertyValues};
use crate::domain::lifecycle::{State, Verb};
use crate::domain::quota::Amounts;

/// An allocation that is to be, with the key under which its request may be repeated.
#[derive(Clone, Debug)]
pub struct NewAllocation {
    pub allocation: Allocation,
    pub values: PropertyValues,
    pub key: Option<IdempotencyKey>,
}

/// A client's name for a request, and what the request said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    pub key: String,
    /// An HMAC of the parsed body.
    pub fingerprint: [u8; 32],
}

/// Which allocations a list is of. Removed ones only where `state` says so.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub state: Option<State>,
    pub machine: Option<MachineId>,
    pub name: Option<String>,
    pub sort: SortBy,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    #[default]
    NewestFirst,
    OldestFirst,
}

/// The store.
#[async_trait]
pub trait AllocationStore: Send + Sync {
    /// `None` also for another tenant's: a stranger cannot tell the difference.
    async fn find(&self, tenant: TenantId, id: AllocationId) -> Result<Option<Allocation>, Failure>;

    /// What was made under a key within the last 24 h. `idempotency_key_reused` where the request said something else.
    async fn find_by_key(&self, tenant: TenantId, key: &IdempotencyKey) -> Result<Option<Allocation>, Failure>;

    /// Row, leases, quota, work and event in one transaction; a refusal leaves nothing behind. `default` bounds the
    /// tenant where no admin said otherwise. `name_taken`, `quota_exceeded`, `site_full`. A key that a request running
    /// at the same time used first gives that one's allocation and `true`.
    async fn create(
        &self,
        tenant: TenantId,
        new: NewAllocation,
        default: Amounts,
    ) -> Result<(Allocation, bool), Failure>;

    async fn list(&self, tenant: TenantId, filter: &Filter, page: &PageRequest) -> Result<Page<Allocation>, Failure>;

    /// Notes a wish and begins the work that it takes, in one transaction. `allocation_not_found`, `allocation_removed`,
    /// `allocation_busy`; `quota_exceeded` and `site_full` where leases are taken anew.
    async fn change(&self, tenant: TenantId, id: AllocationId, change: Change) -> Result<Allocation, Failure>;

    /// The ledger, newest first.
    async fn ledger(&self, tenant: TenantId, id: AllocationId, limit: u32) -> Result<Vec<LedgerEntry>, Failure>;

    /// The values of its properties, unsealed. `allocation_not_found`.
    async fn values(&self, tenant: TenantId, id: AllocationId) -> Result<PropertyValues, Failure>;

    /// What the tenant may hold, and holds.
    async fn quota(&self, tenant: TenantId, default: Amounts) -> Result<(Amounts, Amounts), Failure>;

    /// Changes whenever any allocation may have.
    fn changes(&self) -> watch::Receiver<u64>;
}

/// A wish of the owner's.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    pub verb: Verb,
    /// For a removal: go on whatever the engine says.
    pub force: bool,
    /// For a start: take other host ports than the ones it had.
    pub new_port: bool,
    pub user: UserId,
    pub at: Timestamp,
    pub default_quota: Amounts,
}
