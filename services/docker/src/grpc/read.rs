//! From messages to our own words. A peer's message is input like any other.

use kit::Failure;
use kit::machine::{Protocol, Tmpfs};
use proto::convert::{id, required};
use proto::v1;

use crate::domain::{Command, ContainerSpec, Mount, Owner, Published, SandboxSpec};
use crate::use_cases::readiness_wait::Wanted;

pub fn command(message: Option<v1::Command>) -> Result<Command, Failure> {
    let message = required(message, "command")?;
    let allocation = id(&message.allocation_id, "command.allocation_id")?;
    let tenant = id(&message.tenant_id, "command.tenant_id")?;
    Ok(Command { owner: Owner { allocation, tenant }, epoch: message.epoch })
}

pub fn sandbox(message: v1::SandboxEnsureRequest) -> Result<(Command, SandboxSpec), Failure> {
    let command = command(message.command)?;
    let spec = SandboxSpec {
        sandbox: id(&message.sandbox_id, "sandbox_id")?,
        owner: command.owner,
        network: message.network,
        ports: message.ports.iter().map(published).collect::<Result<_, _>>()?,
        hostname: message.hostname,
    };
    Ok((command, spec))
}

pub fn container(message: v1::ContainerEnsureRequest) -> Result<(Command, ContainerSpec), Failure> {
    let command = command(message.command)?;
    let mount = |mount: v1::Mount| Ok(Mount { volume: id(&mount.volume_id, "mounts.volume_id")?, path: mount.path });
    let spec = ContainerSpec {
        owner: command.owner,
        sandbox: id(&message.sandbox_id, "sandbox_id")?,
        image: message.image.parse()?,
        user: message.user,
        read_only: message.read_only,
        tmpfs: message.tmpfs.into_iter().map(Tmpfs::from).collect(),
        args: message.args,
        environment: message.environment.into_iter().collect(),
        capabilities: message.capabilities,
        mounts: message.mounts.into_iter().map(mount).collect::<Result<_, Failure>>()?,
        limits: required(message.limits, "limits")?.into(),
    };
    Ok((command, spec))
}

pub fn readiness(message: v1::ReadinessWaitRequest) -> Result<(Command, Wanted), Failure> {
    let wanted = Wanted {
        sandbox: id(&message.sandbox_id, "sandbox_id")?,
        probe: required(message.probe, "probe")?.try_into()?,
        port: port(message.port, "port")?,
        protocol: protocol(&message.protocol)?,
    };
    Ok((command(message.command)?, wanted))
}

fn published(message: &v1::PublishedPort) -> Result<Published, Failure> {
    let container_port = port(message.container_port, "ports.container_port")?;
    let host_port = port(message.host_port, "ports.host_port")?;
    Ok(Published::new(container_port, host_port, protocol(&message.protocol)?))
}

fn port(number: u32, field: &str) -> Result<u16, Failure> {
    u16::try_from(number).map_err(|_| Failure::invalid(field, "a port is a number from 1 to 65535"))
}

fn protocol(name: &str) -> Result<Protocol, Failure> {
    let known = [Protocol::Tcp, Protocol::Udp].into_iter().find(|protocol| protocol.as_str() == name);
    known.ok_or_else(|| Failure::invalid("protocol", "a protocol is tcp or udp"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::{AllocationId, Ambient, TenantId};

    fn valid() -> v1::Command {
        let ambient = Ambient::system();
        v1::Command {
            allocation_id: AllocationId::mint(&ambient).to_string(),
            tenant_id: TenantId::mint(&ambient).to_string(),
            epoch: 7,
        }
    }

    #[test]
    fn a_command_without_its_parts_is_refused_by_field() {
        assert_eq!(command(Some(valid())).unwrap().epoch, 7);
        let field = |message| command(message).unwrap_err().field;
        assert_eq!(field(None).as_deref(), Some("command"));
        let broken = v1::Command { tenant_id: "x".into(), ..valid() };
        assert_eq!(field(Some(broken)).as_deref(), Some("command.tenant_id"));
    }

    #[test]
    fn a_port_that_is_none_is_refused() {
        let message =
            |host_port, protocol: &str| v1::PublishedPort { container_port: 1, host_port, protocol: protocol.into() };
        assert!(published(&message(20_000, "udp")).is_ok());
        assert!(published(&message(70_000, "tcp")).is_err());
        assert!(published(&message(20_000, "sctp")).is_err());
    }
}
