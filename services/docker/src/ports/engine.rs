//! The container engine. Each verb is one call or two; what may follow what is for the use cases.

use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use kit::{AllocationId, Failure, Timestamp, VolumeId};

use crate::domain::{Cidr, ContainerSpec, ImageRef, Inspected, Listing, NetworkSpec, SandboxSpec, VolumeSpec};

/// What kind of engine this is, and what the host has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub version: String,
    pub cpus: u32,
    /// Bytes.
    pub memory: u64,
}

/// How the making of a network ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkMade {
    Made,
    /// Somebody else has the subnet or the bridge's name: try another.
    Taken,
}

/// Something happened to a container of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    pub allocation: AllocationId,
    pub action: Action,
    pub exit_code: Option<i32>,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Started,
    Died,
    Oom,
}

/// Failures: `engine_unavailable` when it does not answer, `engine_refused` when it will not, and those named.
#[async_trait]
pub trait Engine: Send + Sync {
    async fn ping(&self) -> Result<(), Failure>;
    async fn describe(&self) -> Result<Description, Failure>;

    /// The digest of the image as the engine has it.
    async fn image_find(&self, image: &ImageRef) -> Result<Option<String>, Failure>;
    /// `image_pull_failed` with a sentence for the user.
    async fn image_pull(&self, image: &ImageRef) -> Result<(), Failure>;

    /// Making one that is there is done.
    async fn volume_create(&self, volume: &VolumeSpec) -> Result<(), Failure>;
    /// Removing one that is not there is done; `allocation_busy` while a container uses it.
    async fn volume_remove(&self, volume: VolumeId) -> Result<(), Failure>;

    async fn network_create(&self, network: &NetworkSpec) -> Result<NetworkMade, Failure>;
    /// Whether it is gone: `false` while something is on it.
    async fn network_remove(&self, name: &str) -> Result<bool, Failure>;
    /// Subnets of all networks, whoever's.
    async fn subnets(&self) -> Result<Vec<Cidr>, Failure>;

    /// Makes the container, not started, and gives its id.
    async fn sandbox_create(&self, sandbox: &SandboxSpec) -> Result<String, Failure>;
    /// Makes the container in the network of the container `inside`, not started, and gives its id.
    async fn container_create(&self, container: &ContainerSpec, inside: &str) -> Result<String, Failure>;
    /// `port_unavailable` where a published port is taken. Starting a running one is done.
    async fn start(&self, name: &str) -> Result<(), Failure>;
    /// Asks the program to end, and ends it after `grace`. Stopping one that is stopped or gone is done.
    async fn stop(&self, name: &str, grace: Duration) -> Result<(), Failure>;
    /// Removes it, running or not. Removing one that is not there is done.
    async fn remove(&self, name: &str) -> Result<(), Failure>;
    /// `None` where there is none of this name, `container_conflict` where it is not ours.
    async fn inspect(&self, name: &str) -> Result<Option<Inspected>, Failure>;
    /// Answers once the container does not run.
    async fn ended(&self, name: &str) -> Result<(), Failure>;
    /// Runs a command in the container; whether it exited with 0.
    async fn exec(&self, name: &str, command: &[String]) -> Result<bool, Failure>;
    /// What it wrote last, oldest first.
    async fn last_lines(&self, name: &str, count: usize) -> Result<Vec<String>, Failure>;
    /// Everything of this installation and site, dead containers too.
    async fn list(&self) -> Result<Listing, Failure>;

    /// What happens to containers of ours from `since` on; ends when the engine goes away.
    async fn hints(&self, since: Timestamp) -> Result<BoxStream<'static, Result<Hint, Failure>>, Failure>;
}
