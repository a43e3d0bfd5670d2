//! From the engine's answers to our words.

use std::collections::HashMap;

use bollard::models::{ContainerInspectResponse, ContainerState, ContainerSummary, Network, Volume};
use kit::{Failure, Timestamp};

use crate::domain::found::Attached;
use crate::domain::identity;
use crate::domain::{FoundContainer, FoundNetwork, FoundSandbox, FoundVolume, Inspected, Owner};

type Labels = HashMap<String, String>;

fn label<T: std::str::FromStr>(labels: &Labels, name: &str) -> Option<T> {
    labels.get(name)?.parse().ok()
}

pub fn owner(labels: &Labels) -> Option<Owner> {
    Some(Owner { allocation: label(labels, identity::ALLOCATION)?, tenant: label(labels, identity::TENANT)? })
}

/// `None` for the engine's "never", the year 1.
pub fn time(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok().filter(|at: &Timestamp| at.as_micros() > 0)
}

/// One of the list: without times of start and end, which only an inspection knows.
pub fn container(summary: &ContainerSummary) -> Option<FoundContainer> {
    let labels = summary.labels.as_ref()?;
    Some(FoundContainer {
        owner: owner(labels)?,
        container_id: summary.id.clone()?,
        state: summary.state.as_ref().map(ToString::to_string).unwrap_or_default(),
        exit_code: exit_code(summary.status.as_deref().unwrap_or_default()),
        oom_killed: false,
        started_at: None,
        finished_at: None,
        image_digest: summary.image_id.clone().unwrap_or_default(),
        created_at: Timestamp::from_micros(summary.created.unwrap_or(0) * 1_000_000),
    })
}

/// The list has the code only in a sentence for people: `Exited (137) 3 seconds ago`.
fn exit_code(status: &str) -> Option<i32> {
    status.strip_prefix("Exited (")?.split(')').next()?.parse().ok()
}

pub fn sandbox(summary: &ContainerSummary) -> Option<FoundSandbox> {
    let labels = summary.labels.as_ref()?;
    let found = container(summary)?;
    Some(FoundSandbox {
        sandbox: label(labels, identity::SANDBOX)?,
        owner: found.owner,
        network: summary.host_config.as_ref()?.network_mode.clone()?,
        running: found.state == "running",
        container_id: found.container_id,
        created_at: found.created_at,
    })
}

pub fn volume(volume: &Volume) -> Option<FoundVolume> {
    let id = volume.name.strip_prefix("berth-")?.parse().ok()?;
    let created_at = time(volume.created_at.as_deref()).unwrap_or(Timestamp::EPOCH);
    Some(FoundVolume { volume: id, owner: owner(&volume.labels)?, created_at })
}

pub fn network(network: &Network) -> Option<FoundNetwork> {
    let pools = network.ipam.as_ref().and_then(|ipam| ipam.config.clone()).unwrap_or_default();
    Some(FoundNetwork {
        tenant: label(network.labels.as_ref()?, identity::TENANT)?,
        name: network.name.clone()?,
        subnet: pools.into_iter().next().and_then(|pool| pool.subnet).unwrap_or_default(),
        created_at: time(network.created.as_deref()).unwrap_or(Timestamp::EPOCH),
    })
}

pub fn inspected(answer: ContainerInspectResponse) -> Result<Inspected, Failure> {
    let strange = |what: &str| Failure::internal(format!("a container of ours has no {what}"));
    let labels = answer.config.and_then(|config| config.labels).unwrap_or_default();
    let state = answer.state.unwrap_or_default();
    let mode = answer.host_config.and_then(|host| host.network_mode).unwrap_or_default();
    let networks = answer.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
    let address = networks.values().find_map(|network| network.ip_address.as_deref()?.parse().ok());
    let container = FoundContainer {
        owner: owner(&labels).ok_or_else(|| strange("owner"))?,
        container_id: answer.id.ok_or_else(|| strange("id"))?,
        state: state.status.as_ref().map(ToString::to_string).unwrap_or_default(),
        exit_code: ended(&state).then(|| state.exit_code.unwrap_or(0) as i32),
        oom_killed: state.oom_killed.unwrap_or(false),
        started_at: time(state.started_at.as_deref()),
        finished_at: time(state.finished_at.as_deref()).filter(|_| ended(&state)),
        image_digest: answer.image.unwrap_or_default(),
        created_at: time(answer.created.as_deref()).unwrap_or(Timestamp::EPOCH),
    };
    Ok(Inspected {
        container,
        running: state.running.unwrap_or(false),
        spec: labels.get(identity::SPEC).cloned().unwrap_or_default(),
        address,
        attached: match mode.strip_prefix("container:") {
            Some(id) => Attached::Container(id.to_owned()),
            None => Attached::Network(mode),
        },
    })
}

fn ended(state: &ContainerState) -> bool {
    use bollard::models::ContainerStateStatusEnum::{DEAD, EXITED};
    matches!(state.status, Some(EXITED | DEAD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_code_is_read_from_the_engines_sentence() {
        assert_eq!(exit_code("Exited (137) 3 seconds ago"), Some(137));
        for status in ["Up 3 seconds", "Created", "", "Exited (x)"] {
            assert_eq!(exit_code(status), None);
        }
    }

    #[test]
    fn the_engines_never_is_no_time() {
        assert_eq!(time(Some("0001-01-01T00:00:00Z")), None);
        assert_eq!(time(None), None);
        let at = time(Some("2026-01-01T00:00:00.123456789Z")).unwrap();
        assert_eq!(at.to_string(), "2026-01-01T00:00:00.123456Z");
    }
}
