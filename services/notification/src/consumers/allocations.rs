//! `allocation.*`: what an allocation is now. Whether that is news is decided where it is known what was seen before.

use bus::Event;
use kit::{Failure, Timestamp};
use proto::convert::{id, required};
use proto::v1::{self, AllocationEvent};

use super::decode;
use crate::domain::delivery::Told;
use crate::domain::{Allocation, AllocationNews, Facts, Port, Reason};
use crate::ports::Effect;

pub fn effects(event: &Event) -> Result<Vec<Effect>, Failure> {
    if !event.kind.starts_with("allocation.") {
        return Ok(Vec::new());
    }
    let AllocationEvent { allocation, changed, .. } = decode(event)?;
    let allocation = required(allocation, "allocation")?;
    let moved = changed.iter().any(|name| matches!(name.as_str(), "state" | "created"));
    let news = AllocationNews {
        id: id(&allocation.id, "allocation.id")?,
        revision: allocation.revision,
        state: allocation.state.clone(),
        moved: moved && !event.kind.ends_with(".snapshot"),
        told: Told {
            cause: event.id,
            user: id(&allocation.user_id, "allocation.user_id")?,
            at: event.at,
            facts: Facts::Allocation(Box::new(facts(allocation))),
        },
    };
    Ok(vec![Effect::Allocation(Box::new(news))])
}

fn facts(allocation: v1::Allocation) -> Allocation {
    let reason = allocation.reason_code.map(|code| Reason { code, detail: allocation.reason.unwrap_or_default() });
    Allocation {
        id: allocation.id,
        name: allocation.name,
        tenant_id: allocation.tenant_id,
        machine_id: allocation.machine_id,
        machine_name: allocation.machine_name,
        machine_revision: allocation.machine_revision,
        site: allocation.site,
        desired: allocation.desired,
        state: allocation.state,
        reason,
        host: allocation.host,
        ports: allocation.ports.into_iter().map(port).collect(),
        created_at: Timestamp::from_micros(allocation.created_at),
        updated_at: Timestamp::from_micros(allocation.updated_at),
        started_at: allocation.started_at.map(Timestamp::from_micros),
        revision: allocation.revision,
    }
}

fn port(port: v1::AllocationPort) -> Port {
    Port {
        name: port.name,
        container_port: port.container_port,
        host_port: Some(port.host_port).filter(|number| *number != 0),
        protocol: port.protocol,
    }
}
