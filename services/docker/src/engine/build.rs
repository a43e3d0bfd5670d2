//! From our specifications to the engine's: pure, and the only place where a container's isolation is decided.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, HostConfig, HostConfigCgroupnsModeEnum, HostConfigLogConfig, Ipam, IpamConfig, Mount as Bound,
    MountType, NetworkCreateRequest, PortBinding, ResourcesUlimits, VolumeCreateRequest,
};
use kit::Bytes;
use kit::machine::{Limits, Tmpfs};

use super::pause;
use crate::domain::identity::{self, Kind, Labels, volume_name};
use crate::domain::{ContainerSpec, Identity, NetworkSpec, Owner, SandboxSpec, VolumeSpec};

/// What a sandbox may use: its program needs 100 KiB, but `runc` sets the container up inside its limit.
const SANDBOX: Limits = Limits { cpu: kit::Cpu::millis(500), memory: Bytes::mib(16), pids: 16, disk: Bytes::new(0) };
/// Open files of a program. The engine cannot give more than it has itself, which on small hosts is 20,000.
const OPEN_FILES: i64 = 16_384;
/// The kernel's usual period of 100 ms, in microseconds.
const CPU_PERIOD: i64 = 100_000;
/// Neither root nor anybody else: sandboxes own nothing.
const NOBODY: &str = "65534:65534";

pub fn sandbox(identity: &Identity, spec: &SandboxSpec, publish_address: &str, cgroupns: bool) -> ContainerCreateBody {
    let key = |port: &crate::domain::Published| format!("{}/{}", port.container_port, port.protocol);
    let binding = |port: &crate::domain::Published| {
        vec![PortBinding { host_ip: Some(publish_address.to_owned()), host_port: Some(port.host_port.to_string()) }]
    };
    let mut labels = owned(identity, Kind::Sandbox, &spec.owner);
    labels.insert(identity::SANDBOX.to_owned(), spec.sandbox.to_string());
    labels.insert(identity::SPEC.to_owned(), spec.hash());
    ContainerCreateBody {
        image: Some(pause::IMAGE.to_owned()),
        entrypoint: Some(vec![pause::PROGRAM.to_owned()]),
        hostname: Some(spec.hostname.clone()),
        user: Some(NOBODY.to_owned()),
        exposed_ports: Some(spec.ports.iter().map(key).collect()),
        labels: Some(labels.into_iter().collect()),
        host_config: Some(HostConfig {
            network_mode: Some(spec.network.clone()),
            port_bindings: Some(spec.ports.iter().map(|port| (key(port), Some(binding(port)))).collect()),
            readonly_rootfs: Some(true),
            ..isolated(&SANDBOX, cgroupns)
        }),
        ..ContainerCreateBody::default()
    }
}

pub fn container(identity: &Identity, spec: &ContainerSpec, inside: &str, cgroupns: bool) -> ContainerCreateBody {
    let mut labels = owned(identity, Kind::Container, &spec.owner);
    labels.insert(identity::SANDBOX.to_owned(), spec.sandbox.to_string());
    labels.insert(identity::SPEC.to_owned(), spec.hash());
    let mounts = spec.mounts.iter().map(|mount| Bound {
        typ: Some(MountType::VOLUME),
        source: Some(volume_name(mount.volume)),
        target: Some(mount.path.clone()),
        ..Bound::default()
    });
    ContainerCreateBody {
        image: Some(spec.image.to_string()),
        user: spec.user.clone(),
        cmd: (!spec.args.is_empty()).then(|| spec.args.clone()),
        env: Some(spec.environment.iter().map(|(name, value)| format!("{name}={value}")).collect()),
        labels: Some(labels.into_iter().collect()),
        host_config: Some(HostConfig {
            network_mode: Some(format!("container:{inside}")),
            readonly_rootfs: Some(spec.read_only),
            tmpfs: Some(spec.tmpfs.iter().map(|tmpfs| (tmpfs.path.clone(), tmpfs_options(tmpfs))).collect()),
            mounts: Some(mounts.collect()),
            cap_add: Some(spec.capabilities.clone()),
            ..isolated(&spec.limits, cgroupns)
        }),
        ..ContainerCreateBody::default()
    }
}

/// What every container of ours is held to. The engine's default seccomp profile stays, its default device list too;
/// PID, UTS and mount namespaces are a container's own by default.
fn isolated(limits: &Limits, cgroup_namespace: bool) -> HostConfig {
    let memory = i64::try_from(limits.memory.get()).unwrap_or(i64::MAX);
    let ulimit =
        |name: &str, value| ResourcesUlimits { name: Some(name.to_owned()), soft: Some(value), hard: Some(value) };
    HostConfig {
        cap_drop: Some(vec!["ALL".to_owned()]),
        security_opt: Some(vec!["no-new-privileges:true".to_owned()]),
        privileged: Some(false),
        pids_limit: Some(i64::from(limits.pids)),
        memory: Some(memory),
        // The same number means: no swap beyond it.
        memory_swap: Some(memory),
        // A quota rather than a number of processors: the engine refuses a number above what the host has.
        cpu_period: Some(CPU_PERIOD),
        cpu_quota: Some(i64::from(limits.cpu.as_millis()) * CPU_PERIOD / 1000),
        ipc_mode: Some("private".to_owned()),
        cgroupns_mode: cgroup_namespace.then_some(HostConfigCgroupnsModeEnum::PRIVATE),
        ulimits: Some(vec![ulimit("nofile", OPEN_FILES), ulimit("core", 0)]),
        init: Some(true),
        log_config: Some(log_config()),
        ..HostConfig::default()
    }
}

/// Capped, so that a talkative program cannot fill the host's disk; `json-file`, because the log reader needs times.
fn log_config() -> HostConfigLogConfig {
    let config = [("max-size", "10m"), ("max-file", "3")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    HostConfigLogConfig { typ: Some("json-file".to_owned()), config: Some(config.into()) }
}

/// `exec`, because people install what they run (a notebook's packages); it opens nothing that a volume does not.
fn tmpfs_options(tmpfs: &Tmpfs) -> String {
    format!("rw,exec,nosuid,nodev,mode=1777,size={}", tmpfs.size.get())
}

pub fn network(identity: &Identity, spec: &NetworkSpec) -> NetworkCreateRequest {
    let pool = IpamConfig {
        subnet: Some(spec.subnet.to_string()),
        gateway: Some(spec.subnet.gateway().to_string()),
        ..IpamConfig::default()
    };
    NetworkCreateRequest {
        name: spec.name.clone(),
        driver: Some("bridge".to_owned()),
        enable_ipv6: Some(false),
        ipam: Some(Ipam { config: Some(vec![pool]), ..Ipam::default() }),
        options: Some([("com.docker.network.bridge.name".to_owned(), spec.bridge.clone())].into()),
        labels: Some(identity.labels(Kind::Network, spec.tenant).into_iter().collect()),
        ..NetworkCreateRequest::default()
    }
}

pub fn volume(identity: &Identity, spec: &VolumeSpec) -> VolumeCreateRequest {
    let options = spec
        .device
        .clone()
        .map(|device| HashMap::from([("type".to_owned(), "ext4".to_owned()), ("device".to_owned(), device)]));
    VolumeCreateRequest {
        name: Some(volume_name(spec.volume)),
        driver: Some("local".to_owned()),
        driver_opts: options,
        labels: Some(owned(identity, Kind::Volume, &spec.owner).into_iter().collect()),
        ..VolumeCreateRequest::default()
    }
}

fn owned(identity: &Identity, kind: Kind, owner: &Owner) -> Labels {
    let mut labels = identity.labels(kind, owner.tenant);
    labels.insert(identity::ALLOCATION.to_owned(), owner.allocation.to_string());
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Published;
    use kit::machine::Protocol;
    use kit::{AllocationId, Ambient, InstallationId, SandboxId, TenantId};

    fn identity() -> Identity {
        Identity { installation: InstallationId::mint(&Ambient::system()), site: "local".parse().unwrap() }
    }

    fn owner() -> Owner {
        let ambient = Ambient::system();
        Owner { allocation: AllocationId::mint(&ambient), tenant: TenantId::mint(&ambient) }
    }

    fn both() -> [ContainerCreateBody; 2] {
        let (identity, id) = (identity(), SandboxId::mint(&Ambient::system()));
        let ports = vec![Published::new(6379, 20_000, Protocol::Tcp)];
        let made = SandboxSpec { sandbox: id, owner: owner(), network: "n".into(), ports, hostname: "h".into() };
        let spec = ContainerSpec {
            owner: owner(),
            sandbox: id,
            image: "redis:7.0".parse().unwrap(),
            user: None,
            read_only: true,
            tmpfs: vec![Tmpfs { path: "/tmp".into(), size: Bytes::mib(1) }],
            args: Vec::new(),
            environment: [("A".to_owned(), "b=c".to_owned())].into(),
            capabilities: vec!["CHOWN".into()],
            mounts: Vec::new(),
            limits: Limits { cpu: kit::Cpu::millis(250), memory: Bytes::mib(64), pids: 32, disk: Bytes::mib(1) },
        };
        [sandbox(&identity, &made, "127.0.0.1", true), container(&identity, &spec, "abc", true)]
    }

    #[test]
    fn sandboxes_and_containers_are_isolated_alike() {
        for body in both() {
            let host = body.host_config.unwrap();
            assert_eq!(host.cap_drop, Some(vec!["ALL".to_owned()]));
            assert_eq!(host.security_opt, Some(vec!["no-new-privileges:true".to_owned()]));
            assert_eq!((host.privileged, host.readonly_rootfs, host.init), (Some(false), Some(true), Some(true)));
            assert!(host.memory.is_some_and(|memory| memory > 0) && host.memory == host.memory_swap);
            assert!(host.pids_limit.is_some_and(|pids| pids > 0) && host.cpu_quota.is_some_and(|quota| quota > 0));
            assert_eq!((host.binds, host.devices, host.pid_mode, host.uts_mode), (None, None, None, None));
            assert_eq!(host.ipc_mode.as_deref(), Some("private"));
            assert_eq!(host.cgroupns_mode, Some(HostConfigCgroupnsModeEnum::PRIVATE));
            assert_eq!(host.log_config.and_then(|log| log.config).unwrap()["max-size"], "10m");
        }
    }

    #[test]
    fn only_the_sandbox_publishes_and_only_where_it_was_told() {
        let [sandbox, container] = both().map(|body| body.host_config.unwrap());
        let bound = sandbox.port_bindings.unwrap()["6379/tcp"].clone().unwrap();
        assert_eq!((bound[0].host_ip.as_deref(), bound[0].host_port.as_deref()), (Some("127.0.0.1"), Some("20000")));
        assert_eq!((container.port_bindings, container.network_mode.as_deref()), (None, Some("container:abc")));
        assert_eq!((sandbox.cap_add, container.cap_add), (None, Some(vec!["CHOWN".to_owned()])));
        assert_eq!(container.tmpfs.unwrap()["/tmp"], "rw,exec,nosuid,nodev,mode=1777,size=1048576");
    }

    #[test]
    fn everything_says_whose_it_is() {
        for body in both() {
            let labels = body.labels.unwrap();
            for name in [identity::INSTALLATION, identity::SITE, identity::ALLOCATION, identity::TENANT, identity::SPEC]
            {
                assert!(labels.get(name).is_some_and(|value| !value.is_empty()), "{name}");
            }
        }
    }
}
