//! Changes a machine. Allocations that were made of it keep the revision that they have.

use kit::{Caller, Failure, MachineId};

use super::{App, find};
use crate::domain::{Cause, Expected, Machine, Offer};
use crate::events::changed;

/// `edit` turns the present offer into the wanted one. `RevisionMismatch` where the machine is not at the expected revision.
/// An edit that changes nothing makes no revision.
pub async fn update(
    app: &App,
    admin: &Caller,
    id: MachineId,
    expected: Expected,
    edit: impl FnOnce(Offer) -> Offer + Send,
) -> Result<Machine, Failure> {
    let before = find(app, id).await?;
    expected.check(&before)?;
    let Some(after) = before.update(edit(before.offer.clone()), app.ambient.now())? else {
        return Ok(before);
    };
    let fields = changed(&before, &after)?.join(", ");
    let cause = Cause::admin(admin, "machine.update", &after).detail("changed", &fields);
    app.store.replace(&before, &after, &cause).await?;
    let name = &after.offer.spec.name;
    tracing::info!(machine.id = %id, user.id = %admin.user, revision = after.revision, "updated machine {name}");
    Ok(after)
}
