//! An installation of a test's own: the whole service over its in-memory pipe, on the engine of this machine.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use berth_docker::config::EngineConfig;
use berth_docker::domain::Identity;
use berth_docker::engine::DockerEngine;
use berth_docker::host::{Firewall, LoopDisks};
use berth_docker::ports::HostNetwork as _;
use berth_docker::store::sqlite::SqliteRecord;
use berth_docker::{Deps, MIGRATIONS, build};
use kit::{AllocationId, Ambient, ErrorCode, Failure, InstallationId, SandboxId, ServiceName, TenantId, VolumeId};
use proto::v1::{self, engine_client::EngineClient};
use sql::Database;
use wire::drain::Drain;
use wire::health::Readiness;
use wire::peer::{Calls, Peer};

pub const IMAGE: &str = "berth-tiny:1";

pub struct World {
    pub identity: Identity,
    pub firewall: Arc<Firewall>,
    pub database: Database,
    pub readiness: Readiness,
    pub peer: Peer,
    pipes: wire::Pipes,
    drain: Drain,
    directory: tempfile::TempDir,
}

/// One allocation to be: its ids, and what it is asked with.
#[derive(Clone)]
pub struct Subject {
    pub allocation: AllocationId,
    pub tenant: TenantId,
    pub sandbox: SandboxId,
    pub host_port: u16,
}

impl World {
    pub async fn new() -> Self {
        Self::on(None).await
    }

    /// On the engine at another address.
    pub async fn on(host: Option<String>) -> Self {
        // What the service warns of belongs to a failed test's output.
        let _ = tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
            .with_test_writer()
            .try_init();
        let ambient = Ambient::system();
        let identity = Identity { installation: InstallationId::mint(&ambient), site: "test".parse().unwrap() };
        let directory = tempfile::tempdir().unwrap();
        let config = EngineConfig::parse(directory.path().join("site"), "127.0.0.1", "10.216.0.0/14").unwrap();
        let path = directory.path().join("docker.db");
        let database = Database::open(&path, &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
        let engine = Arc::new(DockerEngine::new(identity.clone(), "127.0.0.1".to_owned(), host));
        let firewall = Arc::new(Firewall::new(&identity).await);
        let drain = Drain::default();
        let service = build(Deps {
            identity: identity.clone(),
            ambient: ambient.clone(),
            log_source: engine.clone(),
            engine,
            host: firewall.clone(),
            disks: Arc::new(LoopDisks::new(config.state_dir.join("volumes")).await.unwrap()),
            record: Arc::new(SqliteRecord::new(database.clone(), identity.site.clone(), ambient)),
            stop: drain.stop.clone(),
            config,
        })
        .await;
        firewall.firewall_ensure().await.unwrap();
        let pipes = wire::Pipes::default();
        pipes.serve(ServiceName::Docker, service.grpc.unwrap(), &drain).unwrap();
        for task in service.tasks {
            task.start(&drain);
        }
        let peer = pipes.connect(ServiceName::Allocation, ServiceName::Docker);
        Self { identity, firewall, database, readiness: service.readiness, peer, pipes, drain, directory }
    }

    pub fn client(&self) -> EngineClient<Calls> {
        EngineClient::new(self.peer.calls())
    }

    /// Whether a service may not even list.
    pub async fn refuses(&self, service: ServiceName) -> bool {
        let peer = self.pipes.connect(service, ServiceName::Docker);
        let listed = EngineClient::new(peer.calls()).list(v1::ListRequest {}).await;
        listed.is_err() && code(listed) == ErrorCode::Forbidden
    }

    pub async fn list(&self) -> v1::ListReply {
        self.client().list(v1::ListRequest {}).await.unwrap().into_inner()
    }

    /// Network and sandbox, running; gives the sandbox's address.
    pub async fn sandbox(&self, subject: &Subject) -> String {
        let network = self.client().network_ensure(subject.network()).await.unwrap().into_inner().name;
        self.client().sandbox_ensure(subject.sandbox(&network)).await.unwrap().into_inner().address
    }

    /// Network, sandbox and container, running; gives the sandbox's address.
    pub async fn running(&self, subject: &Subject, args: &[&str]) -> String {
        let address = self.sandbox(subject).await;
        self.client().container_ensure(subject.container(args)).await.unwrap();
        self.client().container_start(subject.request()).await.unwrap();
        address
    }

    /// Removes the allocation as its owner would.
    pub async fn remove(&self, subject: &Subject) {
        self.client().container_remove(subject.request()).await.unwrap();
        self.client().sandbox_remove(subject.sandbox_remove()).await.unwrap();
        self.client().network_release(v1::NetworkReleaseRequest { command: subject.command(1) }).await.unwrap();
    }
}

impl Subject {
    /// Of a tenant of its own.
    pub fn new() -> Self {
        Self::of(TenantId::mint(&Ambient::system()))
    }

    pub fn of(tenant: TenantId) -> Self {
        let ambient = Ambient::system();
        let (allocation, sandbox) = (AllocationId::mint(&ambient), SandboxId::mint(&ambient));
        Self { allocation, tenant, sandbox, host_port: free_port() }
    }

    #[allow(clippy::unnecessary_wraps, reason = "as messages take it")]
    pub fn command(&self, epoch: u64) -> Option<v1::Command> {
        let (allocation_id, tenant_id) = (self.allocation.to_string(), self.tenant.to_string());
        Some(v1::Command { allocation_id, tenant_id, epoch })
    }

    pub fn request(&self) -> v1::ContainerRequest {
        v1::ContainerRequest { command: self.command(1) }
    }

    pub fn network(&self) -> v1::NetworkEnsureRequest {
        v1::NetworkEnsureRequest { command: self.command(1) }
    }

    pub fn sandbox(&self, network: &str) -> v1::SandboxEnsureRequest {
        let (host_port, protocol) = (self.host_port.into(), "tcp".to_owned());
        v1::SandboxEnsureRequest {
            command: self.command(1),
            sandbox_id: self.sandbox.to_string(),
            network: network.to_owned(),
            ports: vec![v1::PublishedPort { container_port: 8080, host_port, protocol }],
            hostname: "subject".to_owned(),
        }
    }

    pub fn sandbox_remove(&self) -> v1::SandboxRemoveRequest {
        v1::SandboxRemoveRequest { command: self.command(1), sandbox_id: self.sandbox.to_string() }
    }

    pub fn container(&self, args: &[&str]) -> v1::ContainerEnsureRequest {
        v1::ContainerEnsureRequest {
            command: self.command(1),
            sandbox_id: self.sandbox.to_string(),
            image: IMAGE.to_owned(),
            user: None,
            read_only: true,
            tmpfs: vec![v1::Tmpfs { path: "/tmp".to_owned(), size: 1 << 20 }],
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            environment: [("COLOUR".to_owned(), "blue".to_owned())].into(),
            capabilities: Vec::new(),
            mounts: Vec::new(),
            limits: Some(v1::Limits { cpu_millis: 500, memory: 32 << 20, pids: 16, disk: 0 }),
        }
    }

    pub fn volume(&self, volume: VolumeId, size: u64) -> v1::VolumeEnsureRequest {
        v1::VolumeEnsureRequest { command: self.command(1), volume_id: volume.to_string(), size }
    }

    pub fn stop(&self) -> v1::ContainerStopRequest {
        v1::ContainerStopRequest { command: self.command(1), grace_seconds: 1 }
    }

    /// Waits for an answer of the kind of probe on port 8080.
    pub fn readiness(&self, kind: &str, retries: u32) -> v1::ReadinessWaitRequest {
        let (interval_ms, timeout_ms) = (50, 1000);
        let probe = v1::Probe { kind: kind.to_owned(), interval_ms, timeout_ms, retries, ..v1::Probe::default() };
        v1::ReadinessWaitRequest {
            command: self.command(1),
            sandbox_id: self.sandbox.to_string(),
            probe: Some(probe),
            port: 8080,
            protocol: "tcp".to_owned(),
        }
    }

    /// Runs a shell line in the container; whether it exited with 0, and what it wrote.
    pub async fn sh(&self, line: &str) -> (bool, String) {
        docker(&["exec", &format!("berth-{}", self.allocation), "sh", "-c", line]).await
    }
}

/// Outside the range that the host lends to outgoing connections, and apart from the default of `berthd up`.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let base = 30_000 + (std::process::id() % 20) as u16 * 100;
    loop {
        let port = base + NEXT.fetch_add(1, Ordering::Relaxed) % 100;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

pub async fn docker(arguments: &[&str]) -> (bool, String) {
    let output = tokio::process::Command::new("docker").args(arguments).output().await.unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).trim().to_owned())
}

pub fn failure<T: std::fmt::Debug>(answer: Result<T, tonic::Status>) -> Failure {
    proto::convert::failure_of(&answer.unwrap_err())
}

pub fn code<T: std::fmt::Debug>(answer: Result<T, tonic::Status>) -> ErrorCode {
    failure(answer).code
}

impl Drop for World {
    /// Also when the test failed: what stays on the engine is in the next one's way.
    fn drop(&mut self) {
        self.drain.stop.cancel();
        let label = format!("label=berth.installation={}", self.identity.installation);
        for (list, remove) in [
            (vec!["ps", "-aq"], vec!["rm", "-f"]),
            (vec!["network", "ls", "-q"], vec!["network", "rm"]),
            (vec!["volume", "ls", "-q"], vec!["volume", "rm"]),
        ] {
            let found = Command::new("docker").args(list).args(["--filter", &label]).output().unwrap();
            let ids = String::from_utf8_lossy(&found.stdout).into_owned();
            if !ids.trim().is_empty() {
                Command::new("docker").args(remove).args(ids.split_whitespace()).output().unwrap();
            }
        }
        for image in std::fs::read_dir(self.directory.path().join("site/volumes")).into_iter().flatten().flatten() {
            let found = Command::new("losetup").args(["-n", "-O", "NAME", "-j"]).arg(image.path()).output().unwrap();
            for device in String::from_utf8_lossy(&found.stdout).split_whitespace() {
                Command::new("losetup").args(["-d", device]).output().unwrap();
            }
        }
        let firewall = self.firewall.clone();
        let removed = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(firewall.firewall_remove()).unwrap();
        });
        removed.join().unwrap();
    }
}
