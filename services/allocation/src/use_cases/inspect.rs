//! What the engine says beside what the ledger says: never host paths, secrets or other tenants.

use kit::{AllocationId, Caller, Failure, PageRequest};

use super::Desk;
use crate::domain::allocation::{Allocation, LedgerEntry};
use crate::ports::engine::ContainerReport;

/// How many of the newest lines of the ledger are shown.
const EVENTS: u32 = 20;

/// All that is known of an allocation.
#[derive(Clone, Debug)]
pub struct Inspection {
    pub allocation: Allocation,
    pub container: ContainerReport,
    pub events: Vec<LedgerEntry>,
}

pub async fn inspect(desk: &Desk, caller: &Caller, id: AllocationId) -> Result<Inspection, Failure> {
    let allocation = desk.find(caller.tenant, id).await?;
    let container = desk.engine.inspect(id).await?;
    let newest = PageRequest { limit: EVENTS, after: None };
    let events = desk.store.ledger(caller.tenant, id, &newest).await?.items;
    Ok(Inspection { allocation, container, events })
}
