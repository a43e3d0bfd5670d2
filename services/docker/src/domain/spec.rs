//! What is asked of the engine, in our own words. The container spec is built from these types alone: no user input
//! reaches the engine as a raw field, a shell string or a path that was not checked here.

use std::collections::BTreeMap;

use kit::machine::{Limits, Protocol, Tmpfs};
use kit::{Failure, SandboxId, VolumeId};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::identity::Owner;
use super::image::ImageRef;

/// Capabilities that may be given back. None of them reaches outside its own container.
const GRANTABLE: [&str; 8] =
    ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"];

/// A port of the sandbox that the host listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Published {
    pub container_port: u16,
    pub host_port: u16,
    pub protocol: &'static str,
}

impl Published {
    pub const fn new(container_port: u16, host_port: u16, protocol: Protocol) -> Self {
        Self { container_port, host_port, protocol: protocol.as_str() }
    }
}

/// The tiny container that holds an allocation's network.
#[derive(Clone, Debug)]
pub struct SandboxSpec {
    pub sandbox: SandboxId,
    pub owner: Owner,
    pub network: String,
    pub ports: Vec<Published>,
    pub hostname: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Mount {
    pub volume: VolumeId,
    pub path: String,
}

/// An allocation's container, which joins its sandbox's network.
#[derive(Clone, Debug)]
pub struct ContainerSpec {
    pub owner: Owner,
    pub sandbox: SandboxId,
    pub image: ImageRef,
    pub user: Option<String>,
    pub read_only: bool,
    pub tmpfs: Vec<Tmpfs>,
    pub args: Vec<String>,
    pub environment: BTreeMap<String, String>,
    pub capabilities: Vec<String>,
    pub mounts: Vec<Mount>,
    pub limits: Limits,
}

/// A volume for the engine to know by name.
#[derive(Clone, Debug)]
pub struct VolumeSpec {
    pub volume: VolumeId,
    pub owner: Owner,
    /// The block device that holds it to its size; `None` where the host cannot.
    pub device: Option<String>,
}

impl SandboxSpec {
    pub fn check(&self) -> Result<(), Failure> {
        require(is_hostname(&self.hostname), "hostname", "a host name is 1 to 63 of a-z, 0-9 and -")?;
        let whole = self.ports.iter().all(|port| port.container_port != 0 && port.host_port != 0);
        require(whole, "ports", "a port is a number from 1 to 65535")
    }

    /// Says whether two sandboxes are the same, whatever the order of their ports.
    pub fn hash(&self) -> String {
        let mut ports = self.ports.clone();
        ports.sort();
        digest(&(self.owner.allocation, self.owner.tenant, &self.network, ports, &self.hostname))
    }
}

impl ContainerSpec {
    pub fn check(&self) -> Result<(), Failure> {
        let user = self.user.as_deref().is_none_or(is_user);
        require(user, "user", "a user is uid:gid in numbers, such as 999:999")?;
        let granted = self.capabilities.iter().all(|name| GRANTABLE.contains(&name.as_str()));
        require(granted, "capabilities", "a capability is not one that may be granted")?;
        let tmpfs = self.tmpfs.iter().all(|tmpfs| is_path(&tmpfs.path) && tmpfs.size.get() > 0);
        require(tmpfs, "tmpfs", "a tmpfs has an absolute path and a size")?;
        require(self.mounts.iter().all(|mount| is_path(&mount.path)), "mounts", "a mount has an absolute path")?;
        require(self.environment.keys().all(|name| is_variable(name)), "environment", "a variable has a plain name")?;
        let mut texts = self.args.iter().chain(self.environment.values());
        require(texts.all(|text| !text.contains('\0')), "args", "a text has no NUL")?;
        let Limits { cpu, memory, pids, .. } = self.limits;
        let limited = cpu.as_millis() > 0 && memory.get() >= 6 * kit::Bytes::MIB && pids > 0;
        require(limited, "limits", "cpu, pids and at least 6 MiB of memory are needed")
    }

    /// Says whether two containers are the same. Holds no secret that the engine does not hold in clear anyway.
    pub fn hash(&self) -> String {
        digest(&(
            (self.owner.allocation, self.owner.tenant, self.sandbox),
            (self.image.as_str(), &self.user, self.read_only, &self.tmpfs),
            (&self.args, &self.environment, &self.capabilities, &self.mounts, &self.limits),
        ))
    }
}

fn require(holds: bool, field: &str, sentence: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::invalid(field, sentence)) }
}

fn digest(parts: &impl Serialize) -> String {
    let text = serde_json::to_vec(parts).unwrap_or_default();
    let mut hash = [0; 16];
    hash.copy_from_slice(&Sha256::digest(text)[..16]);
    format!("{:032x}", u128::from_be_bytes(hash))
}

fn is_hostname(text: &str) -> bool {
    kit::id::is_label(text) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_user(text: &str) -> bool {
    text.split(':').count() <= 2 && text.split(':').all(|part| part.parse::<u32>().is_ok())
}

fn is_variable(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !text.as_bytes()[0].is_ascii_digit()
}

/// Absolute, clean, and none of the kernel's own.
fn is_path(path: &str) -> bool {
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b));
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let clean = !parts.is_empty() && parts.iter().all(|part| !part.is_empty() && *part != "." && *part != "..");
    path.starts_with('/') && path.len() <= 255 && plain && clean && !matches!(parts[0], "proc" | "sys" | "dev")
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::{AllocationId, Ambient, Bytes, Cpu, TenantId};

    /// A field, and a change to it that is refused.
    type Change = (&'static str, fn(&mut ContainerSpec));

    fn container() -> ContainerSpec {
        let ambient = Ambient::system();
        ContainerSpec {
            owner: Owner { allocation: AllocationId::mint(&ambient), tenant: TenantId::mint(&ambient) },
            sandbox: SandboxId::mint(&ambient),
            image: "redis:7.0".parse().unwrap(),
            user: Some("999:999".into()),
            read_only: true,
            tmpfs: vec![Tmpfs { path: "/tmp".into(), size: Bytes::mib(1) }],
            args: vec!["redis-server".into()],
            environment: [("A".to_owned(), "b".to_owned())].into(),
            capabilities: vec!["CHOWN".into()],
            mounts: vec![Mount { volume: VolumeId::mint(&ambient), path: "/data".into() }],
            limits: Limits { cpu: Cpu::millis(500), memory: Bytes::mib(64), pids: 32, disk: Bytes::mib(1) },
        }
    }

    #[test]
    fn every_part_that_counts_changes_the_hash() {
        let spec = container();
        assert_eq!(spec.hash(), spec.clone().hash());
        let changes: [fn(&mut ContainerSpec); 6] = [
            |s| s.args.push("x".into()),
            |s| s.read_only = false,
            |s| s.environment.clear(),
            |s| s.limits.pids += 1,
            |s| s.mounts.clear(),
            |s| s.image = "redis:7.2".parse().unwrap(),
        ];
        for (n, change) in changes.iter().enumerate() {
            let mut other = spec.clone();
            change(&mut other);
            assert_ne!(spec.hash(), other.hash(), "change {n}");
        }
    }

    #[test]
    fn what_could_reach_beyond_the_container_is_refused() {
        assert!(container().check().is_ok());
        let changes: [Change; 8] = [
            ("capabilities", |s| s.capabilities = vec!["SYS_ADMIN".into()]),
            ("user", |s| s.user = Some("root".into())),
            ("tmpfs", |s| s.tmpfs[0].path = "/proc/x".into()),
            ("tmpfs", |s| s.tmpfs[0].path = "/a,exec".into()),
            ("mounts", |s| s.mounts[0].path = "/a/../etc".into()),
            ("environment", |s| drop(s.environment.insert("A=B".into(), String::new()))),
            ("args", |s| s.args.push("a\0b".into())),
            ("limits", |s| s.limits.pids = 0),
        ];
        for (field, change) in changes {
            let mut spec = container();
            change(&mut spec);
            assert_eq!(spec.check().unwrap_err().field.as_deref(), Some(field));
        }
    }

    #[test]
    fn the_order_of_ports_does_not_make_another_sandbox() {
        let ports = vec![Published::new(1, 20_001, Protocol::Tcp), Published::new(2, 20_002, Protocol::Udp)];
        let spec = SandboxSpec {
            sandbox: container().sandbox,
            owner: container().owner,
            network: "n".into(),
            ports,
            hostname: "h".into(),
        };
        let mut other = spec.clone();
        other.ports.reverse();
        assert_eq!(spec.hash(), other.hash());
        other.ports[0].host_port = 20_003;
        assert_ne!(spec.hash(), other.hash());
        other.hostname = "-h".into();
        assert!(spec.check().is_ok() && other.check().is_err());
    }
}
