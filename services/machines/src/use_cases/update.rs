//! Changes a machine. Allocations that were made of it keep the revision that they have.

use kit::{Failure, MachineId, UserId};

use super::{App, find};
use crate::domain::{Cause, Expected, Machine, Offer};

/// `edit` turns the present offer into the wanted one. `RevisionMismatch` where the machine is not at the expected revision.
/// An edit that changes nothing makes no revision.
pub async fn update(
    app: &App,
    admin: UserId,
    id: MachineId,
    expected: Expected,
    edit: impl FnOnce(Offer) -> Offer + Send,
) -> Result<Machine, Failure> {
    let before = find(app, id).await?;
    expected.check(&before)?;
    let Some(after) = before.update(edit(before.offer.clone()), app.ambient.now())? else {
        return Ok(before);
    };
    app.store.replace(&before, &after, Cause::Admin(admin)).await?;
    tracing::info!(machine.id = %id, user.id = %admin, revision = after.revision, "updated machine {}", after.offer.spec.name);
    Ok(after)
}
