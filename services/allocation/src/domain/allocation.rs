//! An allocation as the platform knows it.

use std::collections::BTreeMap;

use kit::machine::{Limits, MachineSpec, Protocol, Value};
use kit::{AllocationId, ErrorCode, MachineId, SandboxId, SiteId, TenantId, Timestamp, UserId, VolumeId};
use serde::{Deserialize, Serialize};

use super::lifecycle::{Desired, State};

/// One tenant's instance of a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Allocation {
    pub id: AllocationId,
    pub tenant: TenantId,
    /// Who asked for it.
    pub user: UserId,
    pub name: String,
    pub site: SiteId,
    pub desired: Desired,
    pub state: State,
    pub reason: Option<Reason>,
    pub details: Details,
    pub ports: Vec<PortLease>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// 1, 2, 3 …: one more with every change that others can see.
    pub revision: u64,
    /// The newest lease's number: commands under an older one are refused.
    pub epoch: u64,
    /// Whether a saga is under way or waiting.
    pub working: bool,
}

/// What is set once, or only by the saga; kept as one document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// The machine as it was when the allocation was made: making it again needs no catalogue.
    pub machine: MachineCopy,
    pub limits: Limits,
    pub volumes: Vec<VolumeLease>,
    pub sandbox: SandboxId,
    /// The image that runs, `sha256:…`; known once the engine has it.
    pub image_digest: Option<String>,
    /// When it last became running.
    pub started_at: Option<Timestamp>,
    /// Whether it was running once: from then on a failure keeps volumes, ports and quota.
    pub ever_ran: bool,
    /// How often in a row it died soon after its start.
    pub crashes: u32,
    /// Removal goes on whatever the engine says.
    pub force: bool,
    /// The program's host name, where the allocation was renamed since: a sandbox keeps the one that it was made with.
    #[serde(default)]
    pub host_name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MachineCopy {
    pub id: MachineId,
    pub revision: u64,
    pub spec: MachineSpec,
}

/// A host port held for one of the machine's ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortLease {
    pub name: String,
    pub container_port: u16,
    pub protocol: Protocol,
    /// The leased port; `None` while no lease is held.
    pub host_port: Option<u16>,
    /// Whether it was bound once: from then on it never changes by itself.
    pub bound: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeLease {
    pub id: VolumeId,
    pub name: String,
    pub path: String,
    pub size: kit::Bytes,
}

/// Why it is in its state: a code for programs, a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    pub code: ErrorCode,
    pub detail: String,
}

/// What or who brought a change about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    User(UserId),
    /// An admin, to somebody else's allocation.
    Admin(UserId),
    Platform,
    Crash,
    Oom,
}

impl Cause {
    pub const fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Admin(_) => "admin",
            Self::Platform => "platform",
            Self::Crash => "crash",
            Self::Oom => "oom",
        }
    }

    pub const fn actor(self) -> Option<UserId> {
        match self {
            Self::User(user) | Self::Admin(user) => Some(user),
            Self::Platform | Self::Crash | Self::Oom => None,
        }
    }
}

/// One row of the ledger: a state, and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// The allocation's after this change. A change of the name alone is a revision without a row.
    pub revision: u64,
    pub at: Timestamp,
    pub state: State,
    pub reason: Option<Reason>,
    /// `user`, `admin`, `platform`, `crash`, …
    pub cause: String,
    pub actor: Option<UserId>,
}

/// The values of a machine's properties, secrets among them. Sealed at rest; never in events or logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PropertyValues(pub BTreeMap<String, Value>);

impl PropertyValues {
    /// In place of values that do not open, for works that need none, and of those that were wiped at a removal.
    pub const fn unreadable() -> Self {
        Self(BTreeMap::new())
    }
}

impl std::fmt::Debug for PropertyValues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Allocation {
    pub const fn spec(&self) -> &MachineSpec {
        &self.details.machine.spec
    }

    /// The host port that clients use: the primary port's, once bound.
    pub fn primary_host_port(&self) -> Option<u16> {
        let primary = &self.spec().primary_port().name;
        self.ports.iter().find(|port| port.name == *primary && port.bound).and_then(|port| port.host_port)
    }
}
