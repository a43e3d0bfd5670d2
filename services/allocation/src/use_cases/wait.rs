//! Waits for a state, for at most a minute, or until it is out of reach.

use std::time::Duration;

use kit::{AllocationId, Failure, TenantId};

use super::Desk;
use crate::domain::allocation::Allocation;
use crate::domain::lifecycle::State;

/// Nobody waits longer than this in one request.
pub const LONGEST: Duration = Duration::from_secs(60);

/// The allocation once it is in `goal`, can no longer get there, or time is up; its state tells which.
pub async fn wait(
    desk: &Desk,
    tenant: TenantId,
    id: AllocationId,
    goal: State,
    span: Duration,
) -> Result<Allocation, Failure> {
    let mut changes = desk.store.changes();
    let look_every = desk.store.look_every();
    let deadline = tokio::time::sleep(span.min(LONGEST));
    tokio::pin!(deadline);
    loop {
        changes.mark_unchanged();
        let allocation = desk.find(tenant, id).await?;
        if allocation.state == goal && (!allocation.working || goal.is_transient()) {
            return Ok(allocation);
        }
        if !allocation.working && !allocation.state.can_reach(goal, allocation.desired) {
            return Ok(allocation);
        }
        tokio::select! {
            () = &mut deadline => return desk.find(tenant, id).await,
            () = desk.handover.cancelled() => return desk.find(tenant, id).await,
            () = tokio::time::sleep(look_every.unwrap_or_default()), if look_every.is_some() => {}
            changed = changes.changed() => if changed.is_err() { return Ok(allocation) },
        }
    }
}
