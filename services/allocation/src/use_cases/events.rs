//! The ledger of one allocation, newest first.

use kit::{AllocationId, Caller, Failure};

use super::Desk;
use crate::domain::allocation::LedgerEntry;

/// How many lines are given.
const NEWEST: u32 = 200;

pub async fn events(desk: &Desk, caller: &Caller, id: AllocationId) -> Result<Vec<LedgerEntry>, Failure> {
    desk.find(caller, id).await?;
    desk.store.ledger(caller.tenant, id, NEWEST).await
}
