//! What the engine says it has.

use std::net::IpAddr;

use kit::{SandboxId, TenantId, Timestamp, VolumeId};

use super::identity::Owner;

/// An allocation's container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundContainer {
    pub owner: Owner,
    pub container_id: String,
    /// created, running, paused, restarting, removing, exited or dead.
    pub state: String,
    pub exit_code: Option<i32>,
    pub oom_killed: bool,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// The image's id, sha256:….
    pub image_digest: String,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSandbox {
    pub sandbox: SandboxId,
    pub owner: Owner,
    pub container_id: String,
    /// The name of the network that it is on, running or not.
    pub network: String,
    pub running: bool,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundVolume {
    pub volume: VolumeId,
    pub owner: Owner,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundNetwork {
    pub tenant: TenantId,
    pub name: String,
    pub subnet: String,
    pub created_at: Timestamp,
}

/// Everything of this installation and site.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    pub containers: Vec<FoundContainer>,
    pub sandboxes: Vec<FoundSandbox>,
    pub volumes: Vec<FoundVolume>,
    pub networks: Vec<FoundNetwork>,
}

/// One container or sandbox, looked at by its name.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// Also says its owner, state and times.
    pub container: FoundContainer,
    pub running: bool,
    /// The hash of the specification that it was made from.
    pub spec: String,
    /// Its own address; `None` while it does not run, or where it joined another's network.
    pub address: Option<IpAddr>,
    /// The network that it is on, or the container whose network it joined.
    pub attached: Attached,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attached {
    Network(String),
    /// A container's id.
    Container(String),
}
