//! How a machine stands with people.

use kit::{Failure, MachineId, UserId};

use super::App;
use crate::domain::Standing;

/// `MachineNotFound` where there is no such machine.
pub async fn standing(app: &App, asker: Option<UserId>, machine: MachineId) -> Result<Standing, Failure> {
    app.catalogue.require(machine).await?;
    app.likes.standing(asker, machine).await
}
