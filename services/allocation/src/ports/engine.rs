//! A site's container engine, as sagas command it. Every command is idempotent; one under an older lease is refused.

use async_trait::async_trait;
use futures::stream::BoxStream;
use kit::{AllocationId, Failure, SandboxId, TenantId, Timestamp, VolumeId};

use crate::domain::allocation::VolumeLease;
use crate::domain::plan::{ContainerPlan, ReadinessPlan, SandboxPlan};
use crate::domain::reconcile::Inventory;

/// For whom, and under which lease, a command is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    pub allocation: AllocationId,
    pub tenant: TenantId,
    pub epoch: u64,
}

/// What the engine says of one container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerReport {
    /// `running`, `exited`, …; empty where there is none.
    pub state: String,
    pub exit_code: Option<i32>,
    pub oom_killed: bool,
    pub started_at: Option<Timestamp>,
    pub last_lines: Vec<String>,
}

/// Which stored lines are wanted.
#[derive(Clone, Debug, Default)]
pub struct LogOptions {
    pub tail: Option<u64>,
    pub since: Option<Timestamp>,
    pub grep: Option<String>,
}

/// One stored line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    pub time: Timestamp,
    pub stream: String,
    pub line: String,
}

/// The verbs. Each failure says by its `left` whether nothing happened or it is unknown.
#[async_trait]
pub trait Engine: Send + Sync {
    /// The image's digest, pulled when missing. `image_pull_failed`.
    async fn ensure_image(&self, command: Command, image: &str) -> Result<String, Failure>;
    async fn ensure_volume(&self, command: Command, volume: &VolumeLease) -> Result<(), Failure>;
    async fn remove_volume(&self, command: Command, volume: VolumeId) -> Result<(), Failure>;
    /// The name of a network of the tenant's with room for one more.
    async fn ensure_network(&self, command: Command) -> Result<String, Failure>;
    /// Removes the tenant's networks that nothing uses.
    async fn release_network(&self, command: Command) -> Result<(), Failure>;
    /// `port_unavailable` where a host port cannot be bound; nothing is left behind then.
    async fn ensure_sandbox(&self, command: Command, plan: &SandboxPlan) -> Result<(), Failure>;
    async fn stop_sandbox(&self, command: Command, sandbox: SandboxId) -> Result<(), Failure>;
    async fn remove_sandbox(&self, command: Command, sandbox: SandboxId) -> Result<(), Failure>;
    /// `container_conflict` where one of the name with another specification is there.
    async fn ensure_container(&self, command: Command, plan: &ContainerPlan) -> Result<(), Failure>;
    async fn start_container(&self, command: Command) -> Result<(), Failure>;
    async fn stop_container(&self, command: Command) -> Result<(), Failure>;
    async fn remove_container(&self, command: Command) -> Result<(), Failure>;
    /// `container_exited`, `oom_killed` or `readiness_timeout`.
    async fn wait_ready(&self, command: Command, plan: &ReadinessPlan) -> Result<(), Failure>;
    async fn inspect(&self, allocation: AllocationId) -> Result<ContainerReport, Failure>;
    /// All that belongs to this installation, in one call.
    async fn inventory(&self) -> Result<Inventory, Failure>;
    /// Stored lines, oldest first, then the end.
    async fn log(
        &self,
        allocation: AllocationId,
        options: &LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine, Failure>>, Failure>;
    async fn forget_log(&self, allocation: AllocationId) -> Result<(), Failure>;
}
