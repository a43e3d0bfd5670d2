//! Likes, dislikes or does neither any more.

use kit::{Failure, MachineId, UserId};

use super::App;
use crate::domain::{Stance, Standing};

/// `MachineNotFound` where there is no such machine.
pub async fn like(app: &App, user: UserId, machine: MachineId, stance: Option<Stance>) -> Result<Standing, Failure> {
    app.catalogue.require(machine).await?;
    app.likes.set(user, machine, stance, app.ambient.now()).await
}
