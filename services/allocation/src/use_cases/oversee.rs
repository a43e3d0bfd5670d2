//! What is seen across tenants: by other services, and by admins, who may list, show, stop and remove what is not theirs,
//! each time on record. Connections, logs and whatever else is inside an allocation they never see.

use std::sync::Arc;

use kit::{Act, AllocationId, Caller, ErrorCode, Failure, Page, PageRequest, Scope, TenantId, Timestamp};

use super::Desk;
use crate::domain::allocation::Allocation;
use crate::domain::listing::Filter;
use crate::domain::quota::{Amounts, Quota};
use crate::ports::AllocationOversight;

/// How much of a tenant's past is told.
const REMEMBERED: u32 = 1_000;

/// The cross-tenant port behind the few verbs that may use it.
#[derive(Clone)]
pub struct Overseer(Arc<dyn AllocationOversight>);

impl Overseer {
    pub fn new(oversight: Arc<dyn AllocationOversight>) -> Self {
        Self(oversight)
    }

    /// Whatever its tenant. `allocation_not_found`.
    pub async fn find(&self, id: AllocationId) -> Result<Allocation, Failure> {
        self.0.find(id).await?.ok_or_else(|| Failure::of(ErrorCode::AllocationNotFound))
    }

    /// All that a tenant has and had, newest first, removed ones while they are remembered.
    pub async fn of_tenant(&self, tenant: TenantId) -> Result<Vec<Allocation>, Failure> {
        self.0.of_tenant(tenant, REMEMBERED).await
    }

    /// All of a tenant's that are not removed.
    pub async fn live_of(&self, tenant: TenantId) -> Result<Vec<Allocation>, Failure> {
        self.0.live_of(tenant).await
    }

    /// Lets a tenant begin nothing from now on.
    pub(super) async fn close(&self, tenant: TenantId, at: Timestamp) -> Result<(), Failure> {
        self.0.close(tenant, at).await
    }

    /// Sets a tenant's limits, or gives it the default again.
    pub(super) async fn bound(
        &self,
        tenant: TenantId,
        limits: Option<Amounts>,
        default: Amounts,
        act: Act,
    ) -> Result<Quota, Failure> {
        self.0.bound(tenant, limits, default, act).await
    }
}

/// Whether a caller has an admin's right. An API key has it where the admin's scope stands beside the operation's own.
pub fn is_overseer(caller: &Caller, scope: Scope) -> bool {
    caller.admin && caller.access.permits(Some(scope))
}

/// A piece of another tenant's allocations, or of everybody's where `tenant` is `None`; recorded before it is given.
/// `forbidden` to whoever is no admin, `scope_missing` to an admin's API key without `admin:read`.
pub async fn list(
    desk: &Desk,
    caller: &Caller,
    tenant: Option<TenantId>,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<Allocation>, Failure> {
    if !caller.admin {
        return Err(Failure::new(ErrorCode::Forbidden, "Only admins list other tenants' allocations."));
    }
    if !is_overseer(caller, Scope::AdminRead) {
        let detail = format!("This API key lacks the scope {}.", Scope::AdminRead);
        return Err(Failure::new(ErrorCode::ScopeMissing, detail));
    }
    let found = match tenant {
        Some(tenant) => desk.store.list(tenant, filter, page).await?,
        None => desk.overseer.0.list(filter, page).await?,
    };
    let whose = tenant.map_or_else(|| "all".to_owned(), |tenant| tenant.to_string());
    desk.store.record(Act::by(caller, "allocation.list", "tenant", whose).as_admin(tenant)).await?;
    Ok(found)
}
