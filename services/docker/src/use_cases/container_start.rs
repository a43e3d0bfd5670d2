//! Starts an allocation's container.

use std::time::Duration;

use kit::{ErrorCode, Failure};

use super::App;
use crate::domain::found::Attached;
use crate::domain::identity::container_name;
use crate::domain::{Command, Inspected};

/// How long a program whose network is gone may take to end: nobody can reach it.
const GRACE: Duration = Duration::from_secs(5);

/// Gives the container's id. `allocation_not_found` where there is no container.
pub async fn container_start(app: &App, command: &Command) -> Result<String, Failure> {
    let _turn = app.turn(command).await?;
    let name = container_name(command.owner.allocation);
    let there = app.engine.inspect(&name).await?.ok_or_else(missing)?;
    if there.running && !is_cut_off(app, &there).await? {
        return Ok(there.container.container_id);
    }
    if there.running {
        app.engine.stop(&name, GRACE).await?;
    }
    app.start(&name).await?;
    Ok(there.container.container_id)
}

pub(super) fn missing() -> Failure {
    Failure::new(ErrorCode::AllocationNotFound, "There is no container for this allocation.")
}

/// Whether its sandbox was started again after it: then it runs in a network that ended with the sandbox's last run.
async fn is_cut_off(app: &App, there: &Inspected) -> Result<bool, Failure> {
    let Attached::Container(sandbox) = &there.attached else { return Ok(false) };
    let sandbox = app.engine.inspect(sandbox).await?;
    Ok(sandbox.is_none_or(|sandbox| !sandbox.running || sandbox.container.started_at > there.container.started_at))
}
