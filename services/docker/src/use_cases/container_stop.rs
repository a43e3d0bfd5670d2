//! Stops an allocation's container; it stays, to be started again.

use std::time::Duration;

use kit::Failure;

use super::App;
use crate::domain::Command;
use crate::domain::identity::container_name;

/// Gives the container's id; nothing where there is none, which is as stopped as can be.
pub async fn container_stop(app: &App, command: &Command, grace: Duration) -> Result<String, Failure> {
    let _turn = app.turn(command).await?;
    let name = container_name(command.owner.allocation);
    let Some(there) = app.engine.inspect(&name).await? else { return Ok(String::new()) };
    if there.running {
        app.engine.stop(&name, grace).await?;
    }
    Ok(there.container.container_id)
}
