//! What tenants hold, in the transaction of what it is held for.

use kit::{Bytes, Cpu, Failure, TenantId};
use sql::{Connection, Stored as _, Target};

use crate::domain::allocation::Allocation;
use crate::domain::quota::{Amounts, Quota};

/// What the tenant may hold, and holds.
pub async fn read(connection: impl Into<Target<'_>>, tenant: TenantId, default: Amounts) -> Result<Quota, Failure> {
    let row = sql::query("SELECT * FROM tenant_usage WHERE tenant_id = ?").bind(tenant.as_bytes());
    let Some(row) = row.fetch_optional(connection).await.stored()? else {
        return Ok(Quota { limits: default, used: Amounts::default(), is_default: true });
    };
    let used = Amounts {
        instances: row.get("instances"),
        cpu: Cpu::millis(row.get("cpu_millis")),
        memory: Bytes::new(row.get::<i64>("memory") as u64),
        disk: Bytes::new(row.get::<i64>("disk") as u64),
        ports: row.get("ports"),
    };
    let set = row.get::<Option<&str>>("bounds").map(serde_json::from_str::<Amounts>).transpose();
    let set = set.map_err(|_| Failure::internal("a tenant's bounds are broken"))?;
    Ok(Quota { limits: set.unwrap_or(default), used, is_default: set.is_none() })
}

/// Sets what the tenant may hold; `None` takes back what was set.
pub async fn bound(connection: &mut Connection, tenant: TenantId, limits: Option<Amounts>) -> Result<(), Failure> {
    let limits = limits.map(|limits| serde_json::to_string(&limits)).transpose().map_err(Failure::internal)?;
    sql::query(
        "INSERT INTO tenant_usage (tenant_id, instances, cpu_millis, memory, disk, ports, bounds)
         VALUES (?, 0, 0, 0, 0, 0, ?) ON CONFLICT (tenant_id) DO UPDATE SET bounds = excluded.bounds",
    )
    .bind(tenant.as_bytes())
    .bind(limits)
    .execute(connection)
    .await
    .stored()
    .map(drop)
}

/// Takes what an allocation needs. `quota_exceeded`.
pub async fn take(connection: &mut Connection, allocation: &Allocation, default: Amounts) -> Result<(), Failure> {
    let quota = read(&mut *connection, allocation.tenant, default).await?;
    let wanted = Amounts::of(allocation.details.limits, allocation.ports.len());
    quota.limits.allow(quota.used, wanted)?;
    add(connection, allocation.tenant, wanted, 1).await?;
    set_holding(connection, allocation, true).await
}

/// Gives back what an allocation holds; nothing where it holds nothing.
pub async fn give_back(connection: &mut Connection, allocation: &Allocation) -> Result<(), Failure> {
    let holds: i64 = sql::query_scalar("SELECT holds_quota FROM allocation WHERE id = ?")
        .bind(allocation.id.as_bytes())
        .fetch_one(&mut *connection)
        .await
        .stored()?;
    if holds == 0 {
        return Ok(());
    }
    add(connection, allocation.tenant, Amounts::of(allocation.details.limits, allocation.ports.len()), -1).await?;
    set_holding(connection, allocation, false).await
}

async fn add(connection: &mut Connection, tenant: TenantId, amounts: Amounts, sign: i64) -> Result<(), Failure> {
    sql::query(
        "INSERT INTO tenant_usage (tenant_id, instances, cpu_millis, memory, disk, ports) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (tenant_id) DO UPDATE SET instances = instances + excluded.instances,
             cpu_millis = cpu_millis + excluded.cpu_millis, memory = memory + excluded.memory,
             disk = disk + excluded.disk, ports = ports + excluded.ports",
    )
    .bind(tenant.as_bytes())
    .bind(sign * i64::from(amounts.instances))
    .bind(sign * i64::from(amounts.cpu.as_millis()))
    .bind(sign * amounts.memory.get() as i64)
    .bind(sign * amounts.disk.get() as i64)
    .bind(sign * i64::from(amounts.ports))
    .execute(connection)
    .await
    .stored()
    .map(drop)
}

async fn set_holding(connection: &mut Connection, allocation: &Allocation, holds: bool) -> Result<(), Failure> {
    let statement = sql::query("UPDATE allocation SET holds_quota = ? WHERE id = ?");
    statement.bind(holds).bind(allocation.id.as_bytes()).execute(connection).await.stored().map(drop)
}
