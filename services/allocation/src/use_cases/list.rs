//! A piece of the allocations of a tenant.

use kit::{Caller, Failure, Page, PageRequest, TenantId};

use super::{Desk, oversee};
use crate::domain::allocation::Allocation;
use crate::domain::listing::Filter;

/// Whose allocations are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Own,
    /// A tenant's: the caller's own, or by an admin's right any.
    Tenant(TenantId),
    Everybody,
}

pub async fn list(
    desk: &Desk,
    caller: &Caller,
    whose: Whose,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<Allocation>, Failure> {
    match whose {
        Whose::Everybody => oversee::list(desk, caller, None, filter, page).await,
        Whose::Tenant(tenant) if tenant != caller.tenant => {
            oversee::list(desk, caller, Some(tenant), filter, page).await
        }
        Whose::Own | Whose::Tenant(_) => desk.store.list(caller.tenant, filter, page).await,
    }
}
