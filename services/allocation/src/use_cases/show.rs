//! One allocation, now or once it is in a state; an admin may look at anybody's, on record.

use std::time::Duration;

use kit::{AllocationId, Caller, Failure, Scope};

use super::Desk;
use super::reach::Reach;
use super::wait::wait;
use crate::domain::allocation::Allocation;
use crate::domain::lifecycle::State;

/// `goal` is what is waited for, and for how long at most.
pub async fn show(
    desk: &Desk,
    caller: &Caller,
    id: AllocationId,
    goal: Option<(State, Duration)>,
) -> Result<Allocation, Failure> {
    let reach = Reach::of(desk, caller, id, Scope::AdminRead).await?;
    if reach.as_admin {
        desk.store.record(reach.act(caller, "allocation.show", id)).await?;
    }
    match goal {
        None => desk.find(reach.tenant, id).await,
        Some((state, span)) => wait(desk, reach.tenant, id, state, span).await,
    }
}
