//! Removes a sandbox, its published ports with it.

use kit::{Failure, SandboxId};

use super::App;
use crate::domain::Command;
use crate::domain::identity::sandbox_name;

pub async fn sandbox_remove(app: &App, command: &Command, sandbox: SandboxId) -> Result<(), Failure> {
    let _turn = app.turn(command).await?;
    app.remove_ours(&sandbox_name(sandbox)).await
}
