//! Stops a sandbox, so that its ports close; it stays, to be started again.

use std::time::Duration;

use kit::{Failure, SandboxId};

use super::App;
use crate::domain::Command;
use crate::domain::identity::sandbox_name;

/// No grace: its program has nothing to finish.
pub async fn sandbox_stop(app: &App, command: &Command, sandbox: SandboxId) -> Result<(), Failure> {
    let _turn = app.turn(command).await?;
    let name = sandbox_name(sandbox);
    match app.engine.inspect(&name).await? {
        Some(there) if there.running => app.engine.stop(&name, Duration::ZERO).await,
        _ => Ok(()),
    }
}
