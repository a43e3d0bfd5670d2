//! From our own words to messages.

use kit::Timestamp;
use proto::v1;

use crate::domain::{FoundContainer, Listing};
use crate::use_cases::capabilities::Capabilities;
use crate::use_cases::network_ensure::NetworkReady;
use crate::use_cases::sandbox_ensure::SandboxReady;
use crate::use_cases::volume_ensure::VolumeMade;

pub fn done((): ()) -> v1::Done {
    v1::Done {}
}

pub fn container(container_id: String) -> v1::ContainerReply {
    v1::ContainerReply { container_id }
}

pub fn inspected((container, last_lines): (FoundContainer, Vec<String>)) -> v1::FoundContainer {
    v1::FoundContainer { last_lines, ..container.into() }
}

impl From<FoundContainer> for v1::FoundContainer {
    fn from(found: FoundContainer) -> Self {
        Self {
            allocation_id: found.owner.allocation.to_string(),
            tenant_id: found.owner.tenant.to_string(),
            container_id: found.container_id,
            state: found.state,
            exit_code: found.exit_code,
            oom_killed: found.oom_killed,
            started_at: found.started_at.map(Timestamp::as_micros),
            finished_at: found.finished_at.map(Timestamp::as_micros),
            image_digest: found.image_digest,
            last_lines: Vec::new(),
            created_at: found.created_at.as_micros(),
        }
    }
}

impl From<Listing> for v1::ListReply {
    fn from(listing: Listing) -> Self {
        let on = |network: &str| listing.sandboxes.iter().filter(|sandbox| sandbox.network == network).count() as u32;
        let networks = listing.networks.iter().map(|network| v1::FoundNetwork {
            tenant_id: network.tenant.to_string(),
            name: network.name.clone(),
            subnet: network.subnet.clone(),
            sandboxes: on(&network.name),
            created_at: network.created_at.as_micros(),
        });
        let volumes = listing.volumes.iter().map(|volume| v1::FoundVolume {
            volume_id: volume.volume.to_string(),
            allocation_id: volume.owner.allocation.to_string(),
            tenant_id: volume.owner.tenant.to_string(),
            created_at: volume.created_at.as_micros(),
        });
        let sandboxes = listing.sandboxes.iter().map(|sandbox| v1::FoundSandbox {
            sandbox_id: sandbox.sandbox.to_string(),
            allocation_id: sandbox.owner.allocation.to_string(),
            tenant_id: sandbox.owner.tenant.to_string(),
            container_id: sandbox.container_id.clone(),
            running: sandbox.running,
            created_at: sandbox.created_at.as_micros(),
        });
        let (networks, volumes, sandboxes) = (networks.collect(), volumes.collect(), sandboxes.collect());
        Self { containers: listing.containers.into_iter().map(Into::into).collect(), sandboxes, volumes, networks }
    }
}

impl From<Capabilities> for v1::CapabilitiesReply {
    fn from(found: Capabilities) -> Self {
        Self {
            site: found.site.to_string(),
            engine_version: found.engine_version,
            volume_size_enforced: found.volume_size_enforced,
            firewall_enforced: found.firewall_enforced,
            cpus: found.cpus,
            memory: found.memory,
            disk: found.disk,
        }
    }
}

impl From<VolumeMade> for v1::VolumeReply {
    fn from(made: VolumeMade) -> Self {
        Self { name: made.name, size_enforced: made.size_enforced }
    }
}

impl From<NetworkReady> for v1::NetworkReply {
    fn from(ready: NetworkReady) -> Self {
        Self { name: ready.name, subnet: ready.subnet }
    }
}

impl From<SandboxReady> for v1::SandboxReply {
    fn from(ready: SandboxReady) -> Self {
        Self { container_id: ready.container_id, address: ready.address.to_string() }
    }
}
