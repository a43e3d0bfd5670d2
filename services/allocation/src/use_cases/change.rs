//! Starts, stops, restarts and removes: the wish is noted and its work begun; the saga does the rest.

use kit::{Act, AllocationId, Caller, Failure, Scope, TenantId};

use super::Desk;
use super::reach::Reach;
use crate::domain::allocation::{Allocation, Cause};
use crate::domain::lifecycle::Verb;
use crate::ports::store::{Change, Word};

/// What somebody asks for, with what only some verbs know.
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

    pub(super) const fn action(self) -> &'static str {
        match self.verb {
            Verb::Start => "allocation.start",
            Verb::Stop => "allocation.stop",
            Verb::Restart => "allocation.restart",
            Verb::Remove => "allocation.remove",
        }
    }
}

/// An admin may stop and remove what is not theirs; all other verbs are the owner's.
pub async fn change(desk: &Desk, caller: &Caller, id: AllocationId, wish: Wish) -> Result<Allocation, Failure> {
    let reach = match wish.verb {
        Verb::Stop | Verb::Remove => Reach::of(desk, caller, id, Scope::AdminWrite).await?,
        Verb::Start | Verb::Restart => Reach::own(caller),
    };
    let act = reach.act(caller, wish.action(), id);
    ask(desk, reach.tenant, id, wish, reach.cause(caller), act).await
}

/// Notes the wish as it stands in the tenant's books, and wakes who works on it. The act tells how it was meant.
pub(super) async fn ask(
    desk: &Desk,
    tenant: TenantId,
    id: AllocationId,
    wish: Wish,
    cause: Cause,
    act: Act,
) -> Result<Allocation, Failure> {
    let Wish { verb, force, new_port } = wish;
    let told = [("force", force), ("new_port", new_port)].into_iter().filter(|(_, set)| *set);
    let act = told.fold(act, |act, (name, set)| act.detail(name, set));
    let word = Word { cause, act, at: desk.ambient.now() };
    let change = Change { verb, force, new_port, word, default_quota: desk.default_quota };
    let allocation = desk.store.change(tenant, id, change).await?;
    desk.nudge.about(id);
    Ok(allocation)
}
