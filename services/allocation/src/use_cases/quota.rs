//! What a tenant may hold, and holds.

use kit::{Caller, Failure, TenantId};

use super::Desk;
use crate::domain::quota::Quota;

/// The caller's own.
pub async fn quota(desk: &Desk, caller: &Caller) -> Result<Quota, Failure> {
    desk.store.quota(caller.tenant, desk.default_quota).await
}

/// Any tenant's, for an admin. `tenant_not_found`.
pub async fn quota_of(desk: &Desk, tenant: TenantId) -> Result<Quota, Failure> {
    desk.tenants.require(tenant).await?;
    desk.store.quota(tenant, desk.default_quota).await
}
