//! Starts, stops, restarts and removes: the wish is noted and its work begun; the saga does the rest.

use kit::{AllocationId, Caller, Failure};

use super::Desk;
use crate::domain::allocation::Allocation;
use crate::domain::lifecycle::Verb;
use crate::ports::store::Change;

/// `force` only means something for a removal.
pub async fn change(
    desk: &Desk,
    caller: &Caller,
    id: AllocationId,
    verb: Verb,
    force: bool,
) -> Result<Allocation, Failure> {
    let at = desk.ambient.now();
    let change = Change { verb, force, user: caller.user, at, default_quota: desk.default_quota };
    let allocation = desk.store.change(caller.tenant, id, change).await?;
    desk.nudge.about(id);
    Ok(allocation)
}
