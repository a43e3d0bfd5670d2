//! What the engine is to make for an allocation: its container's specification, from the machine and its values.

use std::collections::BTreeMap;

use kit::machine::{Limits, Probe, Protocol, Template, TemplateError, Tmpfs, Value};
use kit::{Failure, SandboxId, VolumeId};

use super::allocation::{Allocation, PropertyValues};

/// The container, but for its name and labels, which the engine's side knows.
#[derive(Clone, PartialEq)]
pub struct ContainerPlan {
    pub sandbox: SandboxId,
    pub image: String,
    pub user: Option<String>,
    pub read_only: bool,
    pub tmpfs: Vec<Tmpfs>,
    pub args: Vec<String>,
    pub environment: BTreeMap<String, String>,
    pub capabilities: Vec<String>,
    pub mounts: Vec<(VolumeId, String)>,
    pub limits: Limits,
}

/// The sandbox: network, address and published ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxPlan {
    pub sandbox: SandboxId,
    pub network: String,
    pub ports: Vec<PublishedPort>,
    pub hostname: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedPort {
    pub container_port: u16,
    pub host_port: u16,
    pub protocol: Protocol,
}

/// How to tell that the program is ready.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadinessPlan {
    pub sandbox: SandboxId,
    pub probe: Probe,
    pub port: u16,
    pub protocol: Protocol,
}

/// The container of an allocation. `image` is the digest where it is known, so that what ran once runs again.
pub fn container(allocation: &Allocation, values: &PropertyValues) -> Result<ContainerPlan, Failure> {
    let spec = allocation.spec();
    let mut environment = BTreeMap::new();
    for (name, text) in &spec.environment {
        environment.insert(name.clone(), fill(text, values)?);
    }
    for property in &spec.properties {
        if let (Some(variable), Some(value)) = (&property.env, values.0.get(&property.name)) {
            environment.insert(variable.clone(), value.as_text());
        }
    }
    Ok(ContainerPlan {
        sandbox: allocation.details.sandbox,
        image: allocation.details.image_digest.clone().unwrap_or_else(|| spec.image.clone()),
        user: spec.user.clone(),
        read_only: spec.read_only,
        tmpfs: spec.tmpfs.clone(),
        args: spec.command.iter().map(|text| fill(text, values)).collect::<Result<_, _>>()?,
        environment,
        capabilities: spec.capabilities.clone(),
        mounts: allocation.details.volumes.iter().map(|volume| (volume.id, volume.path.clone())).collect(),
        limits: allocation.details.limits,
    })
}

/// The sandbox of an allocation whose ports are all leased.
pub fn sandbox(allocation: &Allocation, network: &str) -> Result<SandboxPlan, Failure> {
    let published = |port: &super::allocation::PortLease| {
        let host_port =
            port.host_port.ok_or_else(|| Failure::internal("a sandbox is made before its ports are leased"))?;
        Ok(PublishedPort { container_port: port.container_port, host_port, protocol: port.protocol })
    };
    Ok(SandboxPlan {
        sandbox: allocation.details.sandbox,
        network: network.to_owned(),
        ports: allocation.ports.iter().map(published).collect::<Result<_, Failure>>()?,
        hostname: hostname(allocation.details.host_name.as_ref().unwrap_or(&allocation.name)),
    })
}

/// A name may begin or end with a hyphen, a host name may not.
fn hostname(name: &str) -> String {
    let trimmed = name.trim_matches('-');
    if trimmed.is_empty() { "berth".to_owned() } else { trimmed.to_owned() }
}

/// The readiness probe with its port's number and its command filled.
pub fn readiness(allocation: &Allocation, values: &PropertyValues) -> Result<ReadinessPlan, Failure> {
    let spec = allocation.spec();
    let mut probe = spec.readiness_or_default();
    let port = probe.port.as_deref().and_then(|name| spec.port(name)).unwrap_or_else(|| spec.primary_port());
    let (port, protocol) = (port.container_port, port.protocol);
    probe.command = probe.command.iter().map(|text| fill(text, values)).collect::<Result<_, _>>()?;
    Ok(ReadinessPlan { sandbox: allocation.details.sandbox, probe, port, protocol })
}

/// A property that was not set is an empty text.
fn fill(text: &str, values: &PropertyValues) -> Result<String, Failure> {
    let value_of = |name: &str| Some(values.0.get(name).map(Value::as_text).unwrap_or_default());
    let filled = Template::parse(text).and_then(|template| template.fill(value_of));
    filled.map_err(|error: TemplateError| Failure::internal(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn arguments_and_environment_get_the_values() {
        let (mut allocation, values) = fixtures::allocation();
        allocation.details.machine.spec.properties[0].env = Some("PASSWORD".into());
        let password = values.0["password"].as_text();
        let plan = container(&allocation, &values).unwrap();
        assert_eq!(plan.args, ["redis-server", "--requirepass", &password]);
        assert_eq!(plan.environment["PASSWORD"], password);
        assert_eq!(plan.image, "redis:7.0");
        allocation.details.image_digest = Some("sha256:1".into());
        assert_eq!(container(&allocation, &values).unwrap().image, "sha256:1");
    }

    #[test]
    fn a_sandbox_needs_its_ports() {
        let (mut allocation, _) = fixtures::allocation();
        assert!(sandbox(&allocation, "n").is_err());
        allocation.ports[0].host_port = Some(20_000);
        assert_eq!(sandbox(&allocation, "n").unwrap().ports[0].host_port, 20_000);
        for (name, host) in [("-x", "x"), ("a-b-", "a-b"), ("---", "berth")] {
            allocation.name = name.into();
            assert_eq!(sandbox(&allocation, "n").unwrap().hostname, host);
        }
        allocation.details.host_name = Some("first".into());
        assert_eq!(sandbox(&allocation, "n").unwrap().hostname, "first");
    }
}
