//! An allocation of one tenant, at least as new as what the asker has seen.

use kit::{AllocationId, ErrorCode, Failure, TenantId};

use super::App;
use super::resolve::{Subject, resolve};
use crate::domain::AllocationCopy;

/// `AllocationNotFound` also for another tenant's: a stranger cannot tell the difference.
pub async fn allocation(
    app: &App,
    tenant: TenantId,
    id: AllocationId,
    least: Option<u64>,
) -> Result<AllocationCopy, Failure> {
    let judge = |allocation: Option<&AllocationCopy>| {
        let own = allocation.filter(|allocation| allocation.tenant == tenant);
        own.cloned().ok_or_else(|| Failure::of(ErrorCode::AllocationNotFound))
    };
    resolve(app, &Allocation { tenant, id }, least.unwrap_or(0), judge).await
}

struct Allocation {
    tenant: TenantId,
    id: AllocationId,
}

impl Subject for Allocation {
    type Copy = AllocationCopy;
    const NAME: &'static str = "allocation";

    fn key(&self) -> String {
        format!("{}/{}", self.tenant, self.id)
    }

    async fn copy(&self, app: &App) -> Result<Option<AllocationCopy>, Failure> {
        app.model.allocation(self.tenant, self.id).await
    }

    async fn owned(&self, app: &App) -> Result<Option<AllocationCopy>, Failure> {
        app.owners.allocation(self.id).await
    }
}
