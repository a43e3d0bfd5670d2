//! What a machine is: the same types validate the catalogue's files, the admin's requests and an allocation's copy.

mod probe;
mod property;
mod rules;
mod template;
mod validate;

pub use probe::{Probe, ProbeKind};
pub use property::{Generate, Property, PropertyError, PropertyKind, Value, resolve};
pub use template::{Template, TemplateError};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Bytes, Cpu};

/// A machine as its maker describes it: everything but its id, revision and times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineSpec {
    /// 1 to 63 of `[a-z0-9-]`, unique in the catalogue.
    pub name: String,
    #[serde(default)]
    pub description: String,
    /// `database`, `web`, …: for filters, 1 to 63 of `[a-z0-9-]`.
    pub category: String,
    /// The name of one of the console's icons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// A reference as the engine takes it, `redis:7.0`.
    pub image: String,
    /// `uid:gid` that the program runs as; the image's own where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Whether the root filesystem is read-only; `tmpfs` and volumes stay writable.
    #[serde(default = "yes")]
    pub read_only: bool,
    #[serde(default)]
    pub tmpfs: Vec<Tmpfs>,
    /// The program's arguments in place of the image's; `{property}` is replaced. Never a shell.
    #[serde(default)]
    pub command: Vec<String>,
    /// Constants; `{property}` is replaced.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// What is added back after all capabilities were dropped, from a short list.
    #[serde(default)]
    pub capabilities: Vec<String>,
    pub ports: Vec<Port>,
    #[serde(default)]
    pub properties: Vec<Property>,
    #[serde(default)]
    pub volumes: Vec<Volume>,
    /// When the program counts as running; where absent, when its primary port accepts a connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readiness: Option<Probe>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Probe>,
    pub limits: LimitRange,
    #[serde(default)]
    pub connection: Vec<Connection>,
}

/// A port that the program listens on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Port {
    pub name: String,
    pub container_port: u16,
    #[serde(default)]
    pub protocol: Protocol,
    /// Exactly one port is.
    #[serde(default)]
    pub primary: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    #[default]
    Tcp,
    Udp,
}

impl Protocol {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// A writable path in memory, of a bounded size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tmpfs {
    pub path: String,
    #[schema(value_type = u64)]
    pub size: Bytes,
}

/// A path whose content outlives the container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    pub name: String,
    pub path: String,
    #[schema(value_type = u64)]
    pub default_size: Bytes,
}

/// What an allocation may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Cores.
    #[schema(value_type = f64)]
    pub cpu: Cpu,
    /// Bytes, swap included.
    #[schema(value_type = u64)]
    pub memory: Bytes,
    pub pids: u32,
    /// Bytes of all volumes together.
    #[schema(value_type = u64)]
    pub disk: Bytes,
}

/// The limits that an allocation gets, and how far it may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitRange {
    pub default: Limits,
    pub maximum: Limits,
}

/// A ready-made way to connect, shown to the owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    pub name: String,
    pub kind: ConnectionKind,
    /// `{host}`, `{port}` (the primary), `{port.NAME}` and every property.
    pub template: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionKind {
    Uri,
    Command,
}

impl MachineSpec {
    /// The port that probes and `{port}` mean.
    pub fn primary_port(&self) -> &Port {
        self.ports.iter().find(|port| port.primary).unwrap_or(&self.ports[0])
    }

    pub fn port(&self, name: &str) -> Option<&Port> {
        self.ports.iter().find(|port| port.name == name)
    }

    /// The given probe of readiness, or a connection to the primary port.
    pub fn readiness_or_default(&self) -> Probe {
        self.readiness.clone().unwrap_or_else(|| Probe::accepts(&self.primary_port().name))
    }
}

const fn yes() -> bool {
    true
}
