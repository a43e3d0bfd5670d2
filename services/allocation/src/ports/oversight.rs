//! Allocations across tenants, for admins and for other services: what there is and whose it is, never a secret. Nobody
//! else may name this; whoever has learned a tenant here goes on through the tenant's own store.

use async_trait::async_trait;
use kit::{Act, AllocationId, Failure, Page, PageRequest, TenantId, Timestamp};

use crate::domain::allocation::Allocation;
use crate::domain::listing::Filter;
use crate::domain::quota::{Amounts, Quota};

/// What is seen from above.
#[async_trait]
pub trait AllocationOversight: Send + Sync {
    /// Whatever its tenant.
    async fn find(&self, id: AllocationId) -> Result<Option<Allocation>, Failure>;

    /// Every tenant's in one list.
    async fn list(&self, filter: &Filter, page: &PageRequest) -> Result<Page<Allocation>, Failure>;

    /// All that a tenant has and had, newest first, removed ones while they are remembered; at most `limit`.
    async fn of_tenant(&self, tenant: TenantId, limit: u32) -> Result<Vec<Allocation>, Failure>;

    /// All of a tenant's that are not removed.
    async fn live_of(&self, tenant: TenantId) -> Result<Vec<Allocation>, Failure>;

    /// From its commit on the tenant begins nothing: no creation, start or restart. What it has can still be stopped and
    /// removed. Doing it twice is doing it once.
    async fn close(&self, tenant: TenantId, at: Timestamp) -> Result<(), Failure>;

    /// Sets what a tenant may hold, or with `None` gives it the default again; the act commits with it. What is held
    /// already stays, also where it is more.
    async fn bound(
        &self,
        tenant: TenantId,
        limits: Option<Amounts>,
        default: Amounts,
        act: Act,
    ) -> Result<Quota, Failure>;
}
