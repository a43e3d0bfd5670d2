//! Says what a tenant may hold, as an admin does. What it holds already stays, also where that is more.

use kit::{Act, Caller, Failure, TenantId};

use super::Desk;
use crate::domain::quota::{Amounts, Quota};

/// Other limits than everybody's. `tenant_not_found`.
pub async fn quota_set(desk: &Desk, admin: &Caller, tenant: TenantId, limits: Amounts) -> Result<Quota, Failure> {
    let limits = limits.as_limits()?;
    desk.tenants.require(tenant).await?;
    let act = act(admin, "quota.set", tenant)
        .detail("instances", limits.instances)
        .detail("cpu", limits.cpu)
        .detail("memory", limits.memory)
        .detail("disk", limits.disk)
        .detail("ports", limits.ports);
    desk.overseer.bound(tenant, Some(limits), desk.default_quota, act).await
}

/// The limits that everybody has. `tenant_not_found`.
pub async fn quota_reset(desk: &Desk, admin: &Caller, tenant: TenantId) -> Result<Quota, Failure> {
    desk.tenants.require(tenant).await?;
    desk.overseer.bound(tenant, None, desk.default_quota, act(admin, "quota.reset", tenant)).await
}

fn act(admin: &Caller, action: &str, tenant: TenantId) -> Act {
    Act::by(admin, action, "tenant", tenant).as_admin(Some(tenant))
}
