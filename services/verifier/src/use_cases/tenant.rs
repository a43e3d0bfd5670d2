//! Whose tenant an id names.

use kit::{ErrorCode, Failure, TenantId, UserId};

use super::App;

/// `TenantNotFound` also once its owner is gone.
pub async fn tenant(app: &App, tenant: TenantId) -> Result<UserId, Failure> {
    app.model.tenant_owner(tenant).await?.ok_or_else(|| Failure::of(ErrorCode::TenantNotFound))
}
