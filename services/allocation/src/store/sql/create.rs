//! A new allocation: row, key, leases, quota, work, ledger, event and act, all or none.

use kit::{AllocationId, ErrorCode, Failure, TenantId, Timestamp};
use sql::{Connection, Stored as _, Target, is_unique_violation};

use super::record::{self, name_taken};
use super::{Settings, closed, leases, locks, rows, usage, work};
use crate::domain::allocation::{Allocation, Cause};
use crate::domain::lifecycle::{State, Work};
use crate::domain::quota::Amounts;
use crate::ports::{IdempotencyKey, NewAllocation};

/// How long a key is remembered.
const KEY_LIFE: std::time::Duration = std::time::Duration::from_secs(86_400);

/// What was made under a key that is still remembered. `idempotency_key_reused`.
pub async fn by_key(
    mut target: Target<'_>,
    tenant: TenantId,
    key: &IdempotencyKey,
    now: Timestamp,
) -> Result<Option<Allocation>, Failure> {
    let row = sql::query(
        "SELECT fingerprint, allocation_id FROM idempotency_key WHERE tenant_id = ? AND \"key\" = ? AND created_at > ?",
    )
    .bind(tenant.as_bytes())
    .bind(&key.key)
    .bind(now.minus(KEY_LIFE).as_micros())
    .fetch_optional(target.again())
    .await
    .stored()?;
    let Some(row) = row else { return Ok(None) };
    if row.get::<&[u8]>("fingerprint") != key.fingerprint {
        return Err(Failure::of(ErrorCode::IdempotencyKeyReused));
    }
    let id =
        AllocationId::from_bytes(row.get("allocation_id")).ok_or_else(|| Failure::internal("a key's row is broken"))?;
    rows::find(target, id).await
}

pub async fn create(
    connection: &mut Connection,
    settings: &Settings,
    tenant: TenantId,
    new: &NewAllocation,
    default: Amounts,
) -> Result<(Allocation, bool), Failure> {
    locks::tenant(connection, tenant).await?;
    closed::require_open(connection, tenant).await?;
    let allocation = &new.allocation;
    if let Some(key) = &new.key {
        if let Some(made) = by_key((&mut *connection).into(), tenant, key, allocation.created_at).await? {
            return Ok((made, true));
        }
        sql::query("DELETE FROM idempotency_key WHERE tenant_id = ? AND \"key\" = ?")
            .bind(tenant.as_bytes())
            .bind(&key.key)
            .execute(&mut *connection)
            .await
            .stored()?;
        sql::query("INSERT INTO idempotency_key (tenant_id, \"key\", fingerprint, allocation_id, created_at) VALUES (?, ?, ?, ?, ?)")
            .bind(tenant.as_bytes())
            .bind(&key.key)
            .bind(key.fingerprint.as_slice())
            .bind(allocation.id.as_bytes())
            .bind(allocation.created_at.as_micros())
            .execute(&mut *connection)
            .await
            .stored()?;
    }
    insert(connection, settings, tenant, new).await?;
    usage::take(connection, allocation, default).await?;
    leases::lease_missing(connection, settings, allocation, allocation.created_at).await?;
    work::begin(connection, allocation.id, Work::Create, 0).await?;
    let made = rows::find(&mut *connection, allocation.id).await?;
    let made = made.ok_or_else(|| Failure::internal("a new allocation is not there"))?;
    record::announce(&mut *connection, settings, &made, Cause::User(made.user), &["created"]).await?;
    record::act(connection, settings, new.act.clone(), &made).await?;
    Ok((made, false))
}

async fn insert(
    connection: &mut Connection,
    settings: &Settings,
    tenant: TenantId,
    new: &NewAllocation,
) -> Result<(), Failure> {
    let allocation = &new.allocation;
    let sealed = rows::seal(&new.values, allocation.id, &settings.sealing, &settings.ambient)?;
    let inserted = sql::query(
        "INSERT INTO allocation (id, tenant_id, user_id, name, live_name, machine_id, site, desired, state, details,
             sealed_values, holds_quota, created_at, updated_at, revision, epoch)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 1, 0)",
    )
    .bind(allocation.id.as_bytes())
    .bind(tenant.as_bytes())
    .bind(allocation.user.as_bytes())
    .bind(&allocation.name)
    .bind(&allocation.name)
    .bind(allocation.details.machine.id.as_bytes())
    .bind(allocation.site.as_str())
    .bind(allocation.desired.as_str())
    .bind(State::Requested.as_str())
    .bind(serde_json::to_string(&allocation.details).map_err(Failure::internal)?)
    .bind(sealed)
    .bind(allocation.created_at.as_micros())
    .bind(allocation.updated_at.as_micros())
    .execute(connection)
    .await;
    match inserted {
        Err(error) if is_unique_violation(&error) => Err(name_taken(&allocation.name)),
        other => other.stored().map(drop),
    }
}
