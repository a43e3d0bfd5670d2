//! A volume, held to its size where the host can.

use kit::{Bytes, Failure, VolumeId};

use super::App;
use crate::domain::identity::volume_name;
use crate::domain::{Command, VolumeSpec};

/// A volume by the engine's name for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeMade {
    pub name: String,
    pub size_enforced: bool,
}

pub async fn volume_ensure(app: &App, command: &Command, volume: VolumeId, size: Bytes) -> Result<VolumeMade, Failure> {
    let _turn = app.turn(command).await?;
    let device = app.disks.ensure(volume, size).await?;
    let size_enforced = device.is_some();
    app.engine.volume_create(&VolumeSpec { volume, owner: command.owner, device }).await?;
    Ok(VolumeMade { name: volume_name(volume), size_enforced })
}
