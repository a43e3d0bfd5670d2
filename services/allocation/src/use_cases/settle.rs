//! Stops or removes all that a tenant has, because its account is suspended or goes. Whoever asks does so again until
//! nothing is left: each time what a suspended one began since is wished the same. One that goes begins nothing any more.

use futures::future::join_all;
use kit::{Act, ErrorCode, Failure, TenantId, UserId};

use super::change::{Wish, ask};
use super::{Desk, SUBJECT};
use crate::domain::allocation::{Allocation, Cause};
use crate::domain::settlement::Settlement;

/// Wishes what is not wished yet; says how many are not stopped, or not removed, by now. `actor` brought it about. Where a
/// wish fails the others are made all the same, and the first failure is told.
pub async fn settle(desk: &Desk, tenant: TenantId, settlement: Settlement, actor: UserId) -> Result<u32, Failure> {
    if settlement == Settlement::Removed {
        desk.overseer.close(tenant, desk.ambient.now()).await?;
    }
    let live = desk.overseer.live_of(tenant).await?;
    let left = live.iter().filter(|allocation| !settlement.is_reached(allocation)).count();
    let unwished = live.iter().filter(|allocation| !settlement.is_wished(allocation));
    let wished = join_all(unwished.map(|allocation| wish(desk, settlement, allocation, actor))).await;
    wished.into_iter().collect::<Result<(), _>>()?;
    Ok(u32::try_from(left).unwrap_or(u32::MAX))
}

async fn wish(desk: &Desk, settlement: Settlement, allocation: &Allocation, actor: UserId) -> Result<(), Failure> {
    let wish = Wish { force: settlement == Settlement::Removed, ..Wish::of(settlement.verb()) };
    let act = Act { actor: Some(actor), ..Act::anonymous(wish.action(), SUBJECT, allocation.id) };
    // Whoever made it removes what is theirs; anybody else who can bring this about is an admin.
    let (cause, act) = if allocation.user == actor {
        (Cause::User(actor), Act { tenant: Some(allocation.tenant), ..act })
    } else {
        (Cause::Admin(actor), act.as_admin(Some(allocation.tenant)))
    };
    match ask(desk, allocation.tenant, allocation.id, wish, cause, act).await {
        // It changed since it was read; the next call sees how.
        Err(failure)
            if matches!(
                failure.code,
                ErrorCode::AllocationBusy | ErrorCode::AllocationRemoved | ErrorCode::AllocationNotFound
            ) =>
        {
            Ok(())
        }
        other => other.map(drop),
    }
}
