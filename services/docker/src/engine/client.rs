//! Connections to the engine: made when first needed and again after a loss, so that an engine that is down at start
//! or replaced by another version needs no restart of ours.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bollard::Docker;
use futures::stream::BoxStream;
use kit::{ErrorCode, Failure, Timestamp, VolumeId};

use super::failure::failure;
use crate::domain::{
    Cidr, ContainerSpec, Identity, ImageRef, Inspected, Listing, NetworkSpec, SandboxSpec, VolumeSpec,
};
use crate::ports::engine::{Description, Engine, Hint, NetworkMade};

/// How long one call may take: a start under load takes 2 s, a stop of a network 1 s.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// A ping that takes longer means that the engine is away.
const PING: Duration = Duration::from_secs(5);
/// For streams and waits: longer than any of them (bollard's own timeout counts until the answer begins).
const FOREVER: Duration = Duration::from_secs(10 * 365 * 86_400);

/// A container engine that speaks Docker's API, by `DOCKER_HOST` or at its usual socket.
pub struct DockerEngine {
    pub(super) identity: Identity,
    /// The address that sandboxes publish their ports on.
    pub(super) publish_address: String,
    host: Option<String>,
    connected: Mutex<Option<Connected>>,
}

#[derive(Clone)]
pub(super) struct Connected {
    pub docker: Docker,
    /// Without a timeout, for waits and streams.
    pub patient: Docker,
    /// cgroup v2 gives each container a cgroup namespace of its own; v1 cannot.
    pub cgroup_namespaces: bool,
    /// As the engine names it: `x86_64`, `aarch64`.
    pub architecture: Arc<str>,
}

impl DockerEngine {
    /// `host` is `unix://…` or `tcp://…`; where absent, `DOCKER_HOST` or the usual socket. Connects on first use.
    pub const fn new(identity: Identity, publish_address: String, host: Option<String>) -> Self {
        Self { identity, publish_address, host, connected: Mutex::new(None) }
    }

    /// A client that speaks a version that the engine knows.
    pub(super) async fn connected(&self) -> Result<Connected, Failure> {
        let known = self.connected.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(connected) = known {
            return Ok(connected);
        }
        let connected = within(PING, self.connect()).await?;
        *self.connected.lock().unwrap_or_else(PoisonError::into_inner) = Some(connected.clone());
        Ok(connected)
    }

    async fn connect(&self) -> Result<Connected, Failure> {
        let docker = match &self.host {
            Some(host) => Docker::connect_with_host(host),
            None => Docker::connect_with_defaults(),
        };
        let docker = docker.map_err(failure)?.with_timeout(DEADLINE).negotiate_version().await.map_err(failure)?;
        let info = docker.info().await.map_err(failure)?;
        let patient = docker.clone().with_timeout(FOREVER);
        let cgroup_namespaces = info.cgroup_version == Some(bollard::models::SystemInfoCgroupVersionEnum::_2);
        Ok(Connected { docker, patient, cgroup_namespaces, architecture: info.architecture.unwrap_or_default().into() })
    }

    fn forget(&self) {
        *self.connected.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// One call with the usual deadline; a lost engine is connected to anew next time.
    pub(super) async fn call<T, F>(&self, work: impl FnOnce(Connected) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let done = within(DEADLINE, work(self.connected().await?)).await;
        done.inspect_err(|failure| {
            if failure.code == ErrorCode::EngineUnavailable {
                self.forget();
            }
        })
    }
}

/// Gives up after a while; what was asked for may have happened.
pub(super) async fn within<T>(
    deadline: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let late = |_| Failure::of(ErrorCode::EngineUnavailable).operator("the engine took too long").unknown();
    tokio::time::timeout(deadline, work).await.map_err(late)?
}

#[async_trait]
impl Engine for DockerEngine {
    async fn ping(&self) -> Result<(), Failure> {
        let ping = async move { self.connected().await?.docker.ping().await.map(drop).map_err(failure) };
        within(PING, ping).await.inspect_err(|_| self.forget())
    }

    async fn describe(&self) -> Result<Description, Failure> {
        let info = self.call(|c| async move { c.docker.info().await.map_err(failure) }).await?;
        Ok(Description {
            version: info.server_version.unwrap_or_default(),
            cpus: u32::try_from(info.ncpu.unwrap_or(0)).unwrap_or(0),
            memory: u64::try_from(info.mem_total.unwrap_or(0)).unwrap_or(0),
        })
    }

    async fn image_find(&self, image: &ImageRef) -> Result<Option<String>, Failure> {
        self.find_image(image.as_str()).await
    }

    async fn image_pull(&self, image: &ImageRef) -> Result<(), Failure> {
        self.pull_image(image).await
    }

    async fn volume_create(&self, volume: &VolumeSpec) -> Result<(), Failure> {
        self.make_volume(volume).await
    }

    async fn volume_remove(&self, volume: VolumeId) -> Result<(), Failure> {
        self.drop_volume(volume).await
    }

    async fn network_create(&self, network: &NetworkSpec) -> Result<NetworkMade, Failure> {
        self.make_network(network).await
    }

    async fn network_remove(&self, name: &str) -> Result<bool, Failure> {
        self.drop_network(name).await
    }

    async fn subnets(&self) -> Result<Vec<Cidr>, Failure> {
        self.all_subnets().await
    }

    async fn sandbox_create(&self, sandbox: &SandboxSpec) -> Result<String, Failure> {
        // The engine's own specification is large; this keeps it off the callers' stacks.
        Box::pin(self.make_sandbox(sandbox)).await
    }

    async fn container_create(&self, container: &ContainerSpec, inside: &str) -> Result<String, Failure> {
        self.make_container(container, inside).await
    }

    async fn start(&self, name: &str) -> Result<(), Failure> {
        self.start_container(name).await
    }

    async fn stop(&self, name: &str, grace: Duration) -> Result<(), Failure> {
        self.stop_container(name, grace).await
    }

    async fn remove(&self, name: &str) -> Result<(), Failure> {
        self.remove_container(name).await
    }

    async fn inspect(&self, name: &str) -> Result<Option<Inspected>, Failure> {
        self.look_at(name).await
    }

    async fn ended(&self, name: &str) -> Result<(), Failure> {
        self.wait_for_end(name).await
    }

    async fn exec(&self, name: &str, command: &[String]) -> Result<bool, Failure> {
        self.run_inside(name, command).await
    }

    async fn last_lines(&self, name: &str, count: usize) -> Result<Vec<String>, Failure> {
        self.tail(name, count).await
    }

    async fn list(&self) -> Result<Listing, Failure> {
        self.list_all().await
    }

    async fn hints(&self, since: Timestamp) -> Result<BoxStream<'static, Result<Hint, Failure>>, Failure> {
        self.follow_hints(since).await
    }
}
