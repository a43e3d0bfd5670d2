//! Rows to values.

use kit::machine::Protocol;
use kit::{AllocationId, ErrorCode, Failure, SealingKey, TenantId, Timestamp, UserId};
use serde::Deserialize;
use sql::{Row, Stored as _, Target};

use crate::domain::allocation::{Allocation, Details, LedgerEntry, PortLease, PropertyValues, Reason};
use crate::domain::lifecycle::{Desired, State};

/// Everything of an allocation in one row: its leases as JSON, and whether work is under way. Ends before `WHERE`.
macro_rules! select_allocation {
    ($rest:literal) => {
        concat!(
            "SELECT a.*, (SELECT json_group_array(json_object('name', p.name, 'protocol', p.protocol, 'port', p.port,
                 'bound', p.bound)) FROM port_lease p WHERE p.allocation_id = a.id) AS leases,
                 EXISTS (SELECT 1 FROM work w WHERE w.allocation_id = a.id) AS working
             FROM allocation a ",
            $rest
        )
    };
}
pub(super) use select_allocation;

#[derive(Deserialize)]
struct Lease {
    name: String,
    protocol: Protocol,
    port: u16,
    bound: i64,
}

pub fn allocation(row: &Row) -> Result<Allocation, Failure> {
    let details: Details = json(row, "details")?;
    let leases: Vec<Lease> = leases(row)?;
    let ports = details.machine.spec.ports.iter().map(|port| {
        let lease = leases.iter().find(|lease| lease.name == port.name && lease.protocol == port.protocol);
        PortLease {
            name: port.name.clone(),
            container_port: port.container_port,
            protocol: port.protocol,
            host_port: lease.map(|lease| lease.port),
            bound: lease.is_some_and(|lease| lease.bound != 0),
        }
    });
    Ok(Allocation {
        id: AllocationId::from_bytes(row.get("id")).ok_or_else(|| broken("id"))?,
        tenant: TenantId::from_bytes(row.get("tenant_id")).ok_or_else(|| broken("tenant_id"))?,
        user: UserId::from_bytes(row.get("user_id")).ok_or_else(|| broken("user_id"))?,
        name: row.get("name"),
        site: row.get::<&str>("site").parse().map_err(|_| broken("site"))?,
        desired: Desired::parse(row.get("desired")).ok_or_else(|| broken("desired"))?,
        state: State::parse(row.get("state")).ok_or_else(|| broken("state"))?,
        reason: reason(row),
        ports: ports.collect(),
        details,
        created_at: Timestamp::from_micros(row.get("created_at")),
        updated_at: Timestamp::from_micros(row.get("updated_at")),
        revision: row.get::<i64>("revision") as u64,
        epoch: row.get::<i64>("epoch") as u64,
        working: row.get::<i64>("working") != 0,
    })
}

pub fn ledger_entry(row: &Row) -> Result<LedgerEntry, Failure> {
    Ok(LedgerEntry {
        revision: row.get::<i64>("revision") as u64,
        at: Timestamp::from_micros(row.get("at")),
        state: State::parse(row.get("state")).ok_or_else(|| broken("state"))?,
        reason: reason(row),
        cause: row.get("cause"),
        actor: row.get::<Option<&[u8]>>("actor").and_then(UserId::from_bytes),
    })
}

/// The allocation as it is within the statement's transaction.
pub async fn find(connection: impl Into<Target<'_>>, id: AllocationId) -> Result<Option<Allocation>, Failure> {
    let row = sql::query(select_allocation!("WHERE a.id = ?")).bind(id.as_bytes()).fetch_optional(connection).await;
    row.stored()?.as_ref().map(allocation).transpose()
}

pub fn seal(
    values: &PropertyValues,
    id: AllocationId,
    key: &SealingKey,
    ambient: &kit::Ambient,
) -> Result<Vec<u8>, Failure> {
    let text = serde_json::to_vec(values).map_err(Failure::internal)?;
    Ok(key.seal(ambient, id.as_bytes(), &text))
}

/// Nothing where the values were wiped.
pub fn unseal(sealed: &[u8], id: AllocationId, key: &SealingKey) -> Result<PropertyValues, Failure> {
    if sealed.is_empty() {
        return Ok(PropertyValues::unreadable());
    }
    let text = key.open(id.as_bytes(), sealed).map_err(Failure::internal)?;
    serde_json::from_slice(&text).map_err(|_| broken("sealed_values"))
}

fn reason(row: &Row) -> Option<Reason> {
    let code: Option<&str> = row.get("reason_code");
    let detail: Option<String> = row.get("reason");
    code.map(|code| Reason {
        code: ErrorCode::parse(code).unwrap_or(ErrorCode::Internal),
        detail: detail.unwrap_or_default(),
    })
}

/// MySQL has nothing for what no rows make.
fn leases(row: &Row) -> Result<Vec<Lease>, Failure> {
    let text = row.get::<Option<&str>>("leases").unwrap_or("[]");
    serde_json::from_str(text).map_err(|_| broken("leases"))
}

fn json<T: serde::de::DeserializeOwned>(row: &Row, column: &str) -> Result<T, Failure> {
    serde_json::from_str(row.get(column)).map_err(|_| broken(column))
}

fn broken(column: &str) -> Failure {
    Failure::internal(format!("an allocation's row has a broken {column}"))
}
