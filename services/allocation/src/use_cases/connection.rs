//! How to connect, with the secrets: for the owner only.

use kit::{AllocationId, Caller, Failure};

use super::Desk;
use crate::domain::connection::{Connection, describe};

pub async fn connection(desk: &Desk, caller: &Caller, id: AllocationId) -> Result<Connection, Failure> {
    let allocation = desk.find(caller, id).await?;
    let values = desk.store.values(caller.tenant, id).await?;
    describe(&allocation, &desk.public_host, &values)
}
