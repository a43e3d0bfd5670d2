//! Adds a machine to the catalogue.

use kit::{Caller, Failure, MachineId};

use super::App;
use crate::domain::{Cause, Machine, Offer};

/// `InvalidInput` with the field, or `NameTaken`.
pub async fn create(app: &App, admin: &Caller, offer: Offer) -> Result<Machine, Failure> {
    let machine = Machine::create(MachineId::mint(&app.ambient), offer, app.ambient.now())?;
    app.store.create(&machine, &Cause::admin(admin, "machine.create", &machine)).await?;
    tracing::info!(machine.id = %machine.id, user.id = %admin.user, "created machine {}", machine.offer.spec.name);
    Ok(machine)
}
