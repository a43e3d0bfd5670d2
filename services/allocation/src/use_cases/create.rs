//! Asks for an allocation: what is wanted is made whole and accepted; making it is the saga's work.

use kit::{Caller, ErrorCode, Failure, MachineId, SiteId};

use super::Desk;
use super::reach::Reach;
use crate::domain::allocation::Allocation;
use crate::domain::name;
use crate::domain::request::{Owner, Wishes, requested, resolve_wishes};
use crate::ports::{IdempotencyKey, NewAllocation};

/// How often another name is made up when one is taken.
const NAMES: u32 = 4;

/// What the caller asks for.
#[derive(Clone, Debug)]
pub struct Order {
    pub machine: MachineId,
    /// Made up where none is given.
    pub name: Option<String>,
    pub wishes: Wishes,
    pub site: Option<SiteId>,
    pub key: Option<IdempotencyKey>,
}

/// Accepts an order; `true` where it repeats one that was accepted before.
pub async fn create(desk: &Desk, caller: &Caller, order: Order) -> Result<(Allocation, bool), Failure> {
    if let Some(key) = &order.key
        && let Some(made) = desk.store.find_by_key(caller.tenant, key).await?
    {
        return Ok((made, true));
    }
    if let Some(site) = order.site.as_ref().filter(|site| **site != desk.site) {
        return Err(Failure::new(ErrorCode::SiteNotFound, format!("There is no site called {site}.")).field("site"));
    }
    let given = order.name.as_deref().map(name::parse).transpose()?;
    let machine = desk.catalogue.machine(order.machine).await?;
    let resolved = resolve_wishes(&machine.spec, &order.wishes, &desk.ambient)?;
    let mut tries = if given.is_some() { 1 } else { NAMES };
    loop {
        let name = given.clone().unwrap_or_else(|| name::make_up(&desk.ambient));
        let owner = Owner { tenant: caller.tenant, user: caller.user, name, site: desk.site.clone() };
        let allocation = requested(owner, machine.clone(), &resolved, &desk.ambient);
        let act = Reach::own(caller).act(caller, "allocation.create", allocation.id);
        let act = act.detail("machine", &machine.spec.name);
        let new = NewAllocation { allocation, values: resolved.values.clone(), key: order.key.clone(), act };
        tries -= 1;
        match desk.store.create(caller.tenant, new, desk.default_quota).await {
            Err(failure) if failure.code == ErrorCode::NameTaken && tries > 0 => {}
            Err(failure) => return Err(failure),
            Ok((allocation, replayed)) => {
                desk.nudge.about(allocation.id);
                return Ok((allocation, replayed));
            }
        }
    }
}
