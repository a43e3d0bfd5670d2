//! Removes a volume with all that is on it.

use kit::{Failure, VolumeId};

use super::App;
use crate::domain::Command;

/// The engine's volume first: it refuses while a container uses it, and then nothing is lost.
pub async fn volume_remove(app: &App, command: &Command, volume: VolumeId) -> Result<(), Failure> {
    let _turn = app.turn(command).await?;
    app.engine.volume_remove(volume).await?;
    app.disks.remove(volume).await
}
