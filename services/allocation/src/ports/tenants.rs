//! Which tenants there are.

use async_trait::async_trait;
use kit::{Failure, TenantId};

/// Tenants as the verifier knows them.
#[async_trait]
pub trait Tenants: Send + Sync {
    /// `tenant_not_found` where there is none.
    async fn require(&self, tenant: TenantId) -> Result<(), Failure>;
}
