//! What a transaction locks before it reads, always in this order: the tenant's usage, then the allocation. Whatever else
//! it reads stands until its commit, because all that changes it takes the same locks. In a SQLite file there is one
//! writer, and these are plain reads.

use kit::{AllocationId, ErrorCode, Failure, TenantId};
use sql::{Connection, Stored as _};

use super::rows;
use crate::domain::allocation::Allocation;

/// Whatever takes from a tenant's quota or gives back to it, sets its bounds or closes it waits here for the others.
pub async fn tenant(connection: &mut Connection, tenant: TenantId) -> Result<(), Failure> {
    let found: Option<i64> = sql::query_scalar("SELECT instances FROM tenant_usage WHERE tenant_id = ? FOR UPDATE")
        .bind(tenant.as_bytes())
        .fetch_optional(&mut *connection)
        .await
        .stored()?;
    if found.is_some() {
        return Ok(());
    }
    // There is nothing to lock yet; one that another makes at the same time is locked by this, too.
    sql::query(
        "INSERT INTO tenant_usage (tenant_id, instances, cpu_millis, memory, disk, ports) VALUES (?, 0, 0, 0, 0, 0)
         ON CONFLICT (tenant_id) DO UPDATE SET instances = instances",
    )
    .bind(tenant.as_bytes())
    .execute(connection)
    .await
    .stored()
    .map(drop)
}

/// The lock on the tenant that has an allocation, which never changes. `allocation_not_found`.
pub async fn tenant_of(connection: &mut Connection, id: AllocationId) -> Result<(), Failure> {
    let found: Option<Vec<u8>> = sql::query_scalar("SELECT tenant_id FROM allocation WHERE id = ?")
        .bind(id.as_bytes())
        .fetch_optional(&mut *connection)
        .await
        .stored()?;
    let found = found.as_deref().and_then(TenantId::from_bytes);
    tenant(connection, found.ok_or_else(|| Failure::of(ErrorCode::AllocationNotFound))?).await
}

/// The allocation as it is once all who changed it before have committed, and stays until this transaction does.
pub async fn allocation(connection: &mut Connection, id: AllocationId) -> Result<Option<Allocation>, Failure> {
    // Locked first and read then: a part of one statement would be read as it was when the statement began to wait.
    let found: Option<i64> = sql::query_scalar("SELECT revision FROM allocation WHERE id = ? FOR UPDATE")
        .bind(id.as_bytes())
        .fetch_optional(&mut *connection)
        .await
        .stored()?;
    if found.is_none() {
        return Ok(None);
    }
    rows::find(connection, id).await
}
