//! Removes an allocation's container, running or not.

use kit::Failure;

use super::App;
use crate::domain::Command;
use crate::domain::identity::container_name;

pub async fn container_remove(app: &App, command: &Command) -> Result<(), Failure> {
    let _turn = app.turn(command).await?;
    app.remove_ours(&container_name(command.owner.allocation)).await
}
