//! The ledger of one allocation, newest first, in pieces.

use kit::{AllocationId, Caller, Failure, Page, PageRequest};

use super::Desk;
use crate::domain::allocation::LedgerEntry;

pub async fn events(
    desk: &Desk,
    caller: &Caller,
    id: AllocationId,
    page: &PageRequest,
) -> Result<Page<LedgerEntry>, Failure> {
    desk.find(caller.tenant, id).await?;
    desk.store.ledger(caller.tenant, id, page).await
}
