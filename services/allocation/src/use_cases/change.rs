//! Starts, stops, restarts and removes: the wish is noted and its work begun; the saga does the rest.

use kit::{AllocationId, Caller, Failure};

use super::Desk;
use crate::domain::allocation::Allocation;
use crate::domain::lifecycle::Verb;
use crate::ports::store::Change;

/// What an owner asks for, with what only some verbs know.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    pub verb: Verb,
    /// For a removal: whatever the engine says.
    pub force: bool,
    /// For a start: on other host ports.
    pub new_port: bool,
}

impl Wish {
    pub const fn of(verb: Verb) -> Self {
        Self { verb, force: false, new_port: false }
    }
}

pub async fn change(desk: &Desk, caller: &Caller, id: AllocationId, wish: Wish) -> Result<Allocation, Failure> {
    let Wish { verb, force, new_port } = wish;
    let at = desk.ambient.now();
    let change = Change { verb, force, new_port, user: caller.user, at, default_quota: desk.default_quota };
    let allocation = desk.store.change(caller.tenant, id, change).await?;
    desk.nudge.about(id);
    Ok(allocation)
}
