//! Tenants that begin nothing more, because their account goes. Looked up in the transaction of whatever would begin
//! something, so that a request which was let in before the closing is refused after it, however long it was on its way.

use kit::{ErrorCode, Failure, TenantId, Timestamp};
use sql::{Connection, Stored as _};

use super::locks;

/// Closing again only makes it later. Whoever began something for the tenant before has committed by then.
pub async fn close(connection: &mut Connection, tenant: TenantId, at: Timestamp) -> Result<(), Failure> {
    locks::tenant(&mut *connection, tenant).await?;
    sql::query(
        "INSERT INTO closed_tenant (tenant_id, at) VALUES (?, ?) ON CONFLICT (tenant_id) DO UPDATE SET at = excluded.at",
    )
    .bind(tenant.as_bytes())
    .bind(at.as_micros())
    .execute(connection)
    .await
    .stored()
    .map(drop)
}

/// `session_closed` for a tenant that begins nothing more; under the lock on the tenant.
pub async fn require_open(connection: &mut Connection, tenant: TenantId) -> Result<(), Failure> {
    let closed: i64 = sql::query_scalar("SELECT EXISTS (SELECT 1 FROM closed_tenant WHERE tenant_id = ?)")
        .bind(tenant.as_bytes())
        .fetch_one(connection)
        .await
        .stored()?;
    if closed == 0 { Ok(()) } else { Err(Failure::of(ErrorCode::SessionClosed)) }
}
