//! A piece of the tenant's allocations.

use kit::{Caller, Failure, Page, PageRequest};

use super::Desk;
use crate::domain::allocation::Allocation;
use crate::ports::Filter;

pub async fn list(
    desk: &Desk,
    caller: &Caller,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<Allocation>, Failure> {
    desk.store.list(caller.tenant, filter, page).await
}
