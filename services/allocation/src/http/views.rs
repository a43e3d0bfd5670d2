//! What clients see of allocations, and what they send.

use std::collections::BTreeMap;

use kit::machine::{ConnectionKind, Limits, Value};
use kit::{Bytes, Cpu, MachineId, SiteId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::allocation::{Allocation, LedgerEntry, Reason};
use crate::domain::connection::Connection;
use crate::domain::request::{WishedLimits, Wishes};
use crate::use_cases::inspect::Inspection;

/// An allocation. Clients must accept states that they do not know.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Allocation)]
pub struct AllocationView {
    pub id: String,
    pub name: String,
    pub tenant_id: String,
    pub machine_id: String,
    pub machine_name: String,
    /// The revision of the machine that it was made from.
    pub machine_revision: u64,
    pub site: String,
    /// What its owner wants: `running`, `stopped` or `removed`.
    pub desired: String,
    /// `requested`, `placing`, `creating`, `starting`, `running`, `stopping`, `stopped`, `removing`, `removed`, `failed` or `lost`.
    pub state: String,
    pub reason: Option<ReasonView>,
    pub host: String,
    pub ports: Vec<PortView>,
    pub limits: LimitsView,
    pub volumes: Vec<VolumeView>,
    pub created_at: String,
    pub updated_at: String,
    pub started_at: Option<String>,
    pub revision: u64,
}

/// Why it is in its state.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reason)]
pub struct ReasonView {
    pub code: String,
    pub detail: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllocationPort)]
pub struct PortView {
    pub name: String,
    pub container_port: u16,
    /// Null until it was bound once; from then on it stays.
    pub host_port: Option<u16>,
    pub protocol: String,
}

/// Cores, bytes, processes, bytes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllocationLimits)]
pub struct LimitsView {
    pub cpu: f64,
    pub memory: u64,
    pub pids: u32,
    pub disk: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllocationVolume)]
pub struct VolumeView {
    pub id: String,
    pub name: String,
    pub path: String,
    pub size: u64,
}

/// A piece of a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllocationList)]
pub struct ListView {
    pub items: Vec<AllocationView>,
    pub next_cursor: Option<String>,
}

/// What is asked for. Only the machine is required.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAllocation)]
pub struct CreateBody {
    #[schema(value_type = String, format = Uuid)]
    pub machine_id: MachineId,
    /// 1 to 63 of a-z, 0-9 and -; made up where absent.
    pub name: Option<String>,
    /// Values by property name.
    #[serde(default)]
    pub properties: BTreeMap<String, Value>,
    #[serde(default)]
    pub limits: LimitsBody,
    /// Sizes by volume name: bytes, or a text such as 512MiB.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, u64>)]
    pub volumes: BTreeMap<String, Bytes>,
    #[schema(value_type = Option<String>)]
    pub site: Option<SiteId>,
}

/// Limits in place of the machine's defaults.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WishedLimits)]
pub struct LimitsBody {
    /// Cores.
    #[schema(value_type = Option<f64>)]
    pub cpu: Option<Cpu>,
    /// Bytes, or a text such as 512MiB.
    #[schema(value_type = Option<u64>)]
    pub memory: Option<Bytes>,
    pub pids: Option<u32>,
    #[schema(value_type = Option<u64>)]
    pub disk: Option<Bytes>,
}

/// How to connect, with the secrets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllocationConnection)]
pub struct ConnectionView {
    pub host: String,
    /// The primary port.
    pub port: u16,
    pub ports: Vec<PortView>,
    pub connections: Vec<WayView>,
    /// The machine's properties by name, secrets included.
    pub properties: BTreeMap<String, String>,
}

/// A ready-made way to connect.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConnectionWay)]
pub struct WayView {
    pub name: String,
    /// `uri` or `command`.
    pub kind: ConnectionKind,
    pub value: String,
}

/// One line of the ledger.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllocationLedgerEvent)]
pub struct EventView {
    pub at: String,
    pub state: String,
    pub reason: Option<ReasonView>,
    /// `user`, `admin`, `platform`, `crash`, `oom`, …
    pub cause: String,
    pub actor: Option<String>,
}

/// The ledger, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllocationEventList)]
pub struct EventsView {
    pub items: Vec<EventView>,
    pub next_cursor: Option<String>,
}

/// All that is known: limits, image, state, volumes, container and recent events.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllocationInspection)]
pub struct InspectionView {
    pub allocation: AllocationView,
    pub image: String,
    pub image_digest: Option<String>,
    pub container: ContainerView,
    pub events: Vec<EventView>,
}

/// What the engine says.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllocationContainer)]
pub struct ContainerView {
    /// Null where there is none.
    pub state: Option<String>,
    pub exit_code: Option<i32>,
    pub oom_killed: bool,
    pub started_at: Option<String>,
}

impl AllocationView {
    pub fn new(allocation: &Allocation, host: &str) -> Self {
        let details = &allocation.details;
        Self {
            id: allocation.id.to_string(),
            name: allocation.name.clone(),
            tenant_id: allocation.tenant.to_string(),
            machine_id: details.machine.id.to_string(),
            machine_name: details.machine.spec.name.clone(),
            machine_revision: details.machine.revision,
            site: allocation.site.to_string(),
            desired: allocation.desired.as_str().to_owned(),
            state: allocation.state.as_str().to_owned(),
            reason: allocation.reason.as_ref().map(ReasonView::from),
            host: host.to_owned(),
            ports: ports(allocation),
            limits: LimitsView::from(details.limits),
            volumes: details.volumes.iter().map(VolumeView::from).collect(),
            created_at: allocation.created_at.to_string(),
            updated_at: allocation.updated_at.to_string(),
            started_at: details.started_at.map(|at| at.to_string()),
            revision: allocation.revision,
        }
    }
}

fn ports(allocation: &Allocation) -> Vec<PortView> {
    let view = |port: &crate::domain::allocation::PortLease| PortView {
        name: port.name.clone(),
        container_port: port.container_port,
        host_port: port.host_port.filter(|_| port.bound),
        protocol: port.protocol.as_str().to_owned(),
    };
    allocation.ports.iter().map(view).collect()
}

impl From<&Reason> for ReasonView {
    fn from(reason: &Reason) -> Self {
        Self { code: reason.code.as_str().to_owned(), detail: reason.detail.clone() }
    }
}

impl From<Limits> for LimitsView {
    fn from(limits: Limits) -> Self {
        let (memory, disk) = (limits.memory.get(), limits.disk.get());
        Self { cpu: limits.cpu.as_cores(), memory, pids: limits.pids, disk }
    }
}

impl From<&crate::domain::allocation::VolumeLease> for VolumeView {
    fn from(volume: &crate::domain::allocation::VolumeLease) -> Self {
        let (name, path) = (volume.name.clone(), volume.path.clone());
        Self { id: volume.id.to_string(), name, path, size: volume.size.get() }
    }
}

impl From<LedgerEntry> for EventView {
    fn from(entry: LedgerEntry) -> Self {
        Self {
            at: entry.at.to_string(),
            state: entry.state.as_str().to_owned(),
            reason: entry.reason.as_ref().map(ReasonView::from),
            cause: entry.cause,
            actor: entry.actor.map(|user| user.to_string()),
        }
    }
}

impl ConnectionView {
    pub fn new(connection: Connection, allocation: &Allocation) -> Self {
        let way = |way: crate::domain::connection::Way| WayView { name: way.name, kind: way.kind, value: way.value };
        Self {
            host: connection.host,
            port: connection.port,
            ports: ports(allocation),
            connections: connection.ways.into_iter().map(way).collect(),
            properties: connection.properties,
        }
    }
}

impl InspectionView {
    pub fn new(inspection: Inspection, host: &str) -> Self {
        let Inspection { allocation, container, events } = inspection;
        Self {
            image: allocation.spec().image.clone(),
            image_digest: allocation.details.image_digest.clone(),
            allocation: AllocationView::new(&allocation, host),
            container: ContainerView {
                state: Some(container.state).filter(|state| !state.is_empty()),
                exit_code: container.exit_code,
                oom_killed: container.oom_killed,
                started_at: container.started_at.map(|at| at.to_string()),
            },
            events: events.into_iter().map(EventView::from).collect(),
        }
    }
}

impl CreateBody {
    /// The part that the machine has a say in.
    pub fn wishes(&self) -> Wishes {
        let LimitsBody { cpu, memory, pids, disk } = self.limits;
        Wishes {
            properties: self.properties.clone(),
            limits: WishedLimits { cpu, memory, pids, disk },
            volumes: self.volumes.clone(),
        }
    }
}
