//! How to connect, with the secrets: for the owner only, and on record before they are given.

use kit::{AllocationId, Caller, Failure};

use super::{Desk, act};
use crate::domain::allocation::Allocation;
use crate::domain::connection::{Connection, describe};

/// The allocation, and the ways to it.
pub async fn connection(desk: &Desk, caller: &Caller, id: AllocationId) -> Result<(Allocation, Connection), Failure> {
    let allocation = desk.find(caller.tenant, id).await?;
    let values = desk.store.values(caller.tenant, id).await?;
    let connection = describe(&allocation, &desk.public_host, &values)?;
    desk.store.record(act(caller, "allocation.connect", &allocation)).await?;
    Ok((allocation, connection))
}
