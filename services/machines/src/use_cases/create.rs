//! Adds a machine to the catalogue.

use kit::{Failure, MachineId, UserId};

use super::App;
use crate::domain::{Cause, Machine, Offer};

/// `InvalidInput` with the field, or `NameTaken`.
pub async fn create(app: &App, admin: UserId, offer: Offer) -> Result<Machine, Failure> {
    let machine = Machine::create(MachineId::mint(&app.ambient), offer, app.ambient.now())?;
    app.store.create(&machine, Cause::Admin(admin)).await?;
    tracing::info!(machine.id = %machine.id, user.id = %admin, "created machine {}", machine.offer.spec.name);
    Ok(machine)
}
