//! What others are told of an allocation: its whole public state, never a secret.

use proto::v1;

use crate::domain::allocation::{Allocation, Cause};

/// The event's payload after a change.
pub fn event(allocation: &Allocation, host: &str, cause: Cause, changed: &[&str]) -> v1::AllocationEvent {
    v1::AllocationEvent {
        allocation: Some(message(allocation, host)),
        cause: Some(v1::Cause {
            kind: cause.kind().to_owned(),
            actor: cause.actor().map(|user| user.to_string()).unwrap_or_default(),
        }),
        changed: changed.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// The public state as a message.
pub fn message(allocation: &Allocation, host: &str) -> v1::Allocation {
    let port = |port: &crate::domain::allocation::PortLease| v1::AllocationPort {
        name: port.name.clone(),
        container_port: u32::from(port.container_port),
        host_port: port.host_port.filter(|_| port.bound).map(u32::from).unwrap_or_default(),
        protocol: port.protocol.as_str().to_owned(),
    };
    let details = &allocation.details;
    v1::Allocation {
        id: allocation.id.to_string(),
        tenant_id: allocation.tenant.to_string(),
        user_id: allocation.user.to_string(),
        name: allocation.name.clone(),
        machine_id: details.machine.id.to_string(),
        machine_revision: details.machine.revision,
        machine_name: details.machine.spec.name.clone(),
        site: allocation.site.to_string(),
        desired: allocation.desired.as_str().to_owned(),
        state: allocation.state.as_str().to_owned(),
        reason_code: allocation.reason.as_ref().map(|reason| reason.code.as_str().to_owned()),
        reason: allocation.reason.as_ref().map(|reason| reason.detail.clone()),
        host: host.to_owned(),
        ports: allocation.ports.iter().map(port).collect(),
        limits: Some(details.limits.into()),
        image: details.machine.spec.image.clone(),
        image_digest: details.image_digest.clone(),
        created_at: allocation.created_at.as_micros(),
        updated_at: allocation.updated_at.as_micros(),
        started_at: details.started_at.map(kit::Timestamp::as_micros),
        revision: allocation.revision,
    }
}
