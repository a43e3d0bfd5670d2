//! The engine port over gRPC. Each command has a deadline that fits what it does.

use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use kit::{AllocationId, Failure, SandboxId, TenantId, Timestamp, VolumeId};
use proto::convert::{failure_of, id, required};
use proto::v1::{self, engine_client::EngineClient};
use wire::Peer;
use wire::peer::{Calls, within};

use crate::domain::allocation::VolumeLease;
use crate::domain::plan::{ContainerPlan, ReadinessPlan, SandboxPlan};
use crate::domain::reconcile::{FoundContainer, FoundOther, Inventory, Thing};
use crate::ports::engine::{ContainerReport, Engine, LogLine};
use crate::ports::{Command, LogOptions};

/// What the engine does by itself, a removal or a creation, when it is busy.
const COMMAND: Duration = Duration::from_secs(60);
const PULL: Duration = Duration::from_secs(14 * 60);
/// How long a program may take to end by itself, and all of it when the engine is busy.
const STOP_GRACE_SECONDS: u32 = 10;
const STOP: Duration = Duration::from_secs(80);
/// Beside the probe's own bound.
const READINESS_SLACK: Duration = Duration::from_secs(30);

/// The docker service of the site.
pub struct DockerEngine {
    calls: EngineClient<Calls>,
    streams: EngineClient<Calls>,
}

impl DockerEngine {
    pub fn new(docker: &Peer) -> Self {
        Self { calls: EngineClient::new(docker.calls()), streams: EngineClient::new(docker.streams()) }
    }
}

/// Calls a method within a deadline and gives its answer.
macro_rules! call {
    ($self:ident.$method:ident($message:expr), $deadline:expr) => {
        $self
            .calls
            .clone()
            .$method(within($deadline, $message))
            .await
            .map(tonic::Response::into_inner)
            .map_err(|status| failure_of(&status))
    };
}

#[async_trait]
impl Engine for DockerEngine {
    async fn ensure_image(&self, command: Command, image: &str) -> Result<String, Failure> {
        let request = v1::ImageEnsureRequest { command: Some(message(command)), image: image.to_owned() };
        call!(self.image_ensure(request), PULL).map(|reply| reply.digest)
    }

    async fn ensure_volume(&self, command: Command, volume: &VolumeLease) -> Result<(), Failure> {
        let (volume_id, size) = (volume.id.to_string(), volume.size.get());
        call!(self.volume_ensure(v1::VolumeEnsureRequest { command: Some(message(command)), volume_id, size }), COMMAND)
            .map(drop)
    }

    async fn remove_volume(&self, command: Command, volume: VolumeId) -> Result<(), Failure> {
        let request = v1::VolumeRemoveRequest { command: Some(message(command)), volume_id: volume.to_string() };
        call!(self.volume_remove(request), COMMAND).map(drop)
    }

    async fn ensure_network(&self, command: Command) -> Result<String, Failure> {
        let request = v1::NetworkEnsureRequest { command: Some(message(command)) };
        call!(self.network_ensure(request), COMMAND).map(|reply| reply.name)
    }

    async fn release_network(&self, command: Command) -> Result<(), Failure> {
        call!(self.network_release(v1::NetworkReleaseRequest { command: Some(message(command)) }), COMMAND).map(drop)
    }

    async fn ensure_sandbox(&self, command: Command, plan: &SandboxPlan) -> Result<(), Failure> {
        let port = |port: &crate::domain::plan::PublishedPort| v1::PublishedPort {
            container_port: u32::from(port.container_port),
            host_port: u32::from(port.host_port),
            protocol: port.protocol.as_str().to_owned(),
        };
        let request = v1::SandboxEnsureRequest {
            command: Some(message(command)),
            sandbox_id: plan.sandbox.to_string(),
            network: plan.network.clone(),
            ports: plan.ports.iter().map(port).collect(),
            hostname: plan.hostname.clone(),
        };
        call!(self.sandbox_ensure(request), COMMAND).map(drop)
    }

    async fn stop_sandbox(&self, command: Command, sandbox: SandboxId) -> Result<(), Failure> {
        let request = v1::SandboxStopRequest { command: Some(message(command)), sandbox_id: sandbox.to_string() };
        call!(self.sandbox_stop(request), COMMAND).map(drop)
    }

    async fn remove_sandbox(&self, command: Command, sandbox: SandboxId) -> Result<(), Failure> {
        let request = v1::SandboxRemoveRequest { command: Some(message(command)), sandbox_id: sandbox.to_string() };
        call!(self.sandbox_remove(request), COMMAND).map(drop)
    }

    async fn ensure_container(&self, command: Command, plan: &ContainerPlan) -> Result<(), Failure> {
        call!(self.container_ensure(container_request(command, plan)), COMMAND).map(drop)
    }

    async fn start_container(&self, command: Command) -> Result<(), Failure> {
        call!(self.container_start(v1::ContainerRequest { command: Some(message(command)) }), COMMAND).map(drop)
    }

    async fn stop_container(&self, command: Command) -> Result<(), Failure> {
        let request = v1::ContainerStopRequest { command: Some(message(command)), grace_seconds: STOP_GRACE_SECONDS };
        call!(self.container_stop(request), STOP).map(drop)
    }

    async fn remove_container(&self, command: Command) -> Result<(), Failure> {
        call!(self.container_remove(v1::ContainerRequest { command: Some(message(command)) }), COMMAND).map(drop)
    }

    async fn wait_ready(&self, command: Command, plan: &ReadinessPlan) -> Result<(), Failure> {
        let probe = &plan.probe;
        let bound = (probe.interval.get() + probe.timeout.get()).saturating_mul(probe.retries) + READINESS_SLACK;
        let request = v1::ReadinessWaitRequest {
            command: Some(message(command)),
            sandbox_id: plan.sandbox.to_string(),
            probe: Some(probe.into()),
            port: u32::from(plan.port),
            protocol: plan.protocol.as_str().to_owned(),
        };
        call!(self.readiness_wait(request), bound).map(drop)
    }

    async fn inspect(&self, allocation: AllocationId) -> Result<ContainerReport, Failure> {
        let request = v1::ContainerInspectRequest { allocation_id: allocation.to_string() };
        let found = match call!(self.container_inspect(request), COMMAND) {
            Err(failure) if failure.code == kit::ErrorCode::AllocationNotFound => return Ok(ContainerReport::default()),
            other => other?,
        };
        Ok(ContainerReport {
            state: found.state,
            exit_code: found.exit_code,
            oom_killed: found.oom_killed,
            started_at: found.started_at.map(Timestamp::from_micros),
            last_lines: found.last_lines,
        })
    }

    async fn inventory(&self) -> Result<Inventory, Failure> {
        let list = call!(self.list(v1::ListRequest {}), COMMAND)?;
        let containers = list.containers.iter().map(found_container).collect::<Result<_, Failure>>()?;
        let sandboxes = list.sandboxes.iter().map(found_sandbox);
        let others = sandboxes.chain(list.volumes.iter().map(found_volume)).collect::<Result<_, Failure>>()?;
        let idle = list.networks.iter().filter(|network| network.sandboxes == 0).map(|network| {
            Ok((id::<TenantId>(&network.tenant_id, "tenant_id")?, Timestamp::from_micros(network.created_at)))
        });
        Ok(Inventory { containers, others, idle_networks: idle.collect::<Result<_, Failure>>()? })
    }

    async fn log(
        &self,
        allocation: AllocationId,
        options: &LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine, Failure>>, Failure> {
        let request = v1::LogsRequest {
            allocation_id: allocation.to_string(),
            follow: false,
            tail: options.tail,
            after: None,
            since: options.since.map(Timestamp::as_micros),
            stdout: true,
            stderr: true,
            grep: options.grep.clone(),
        };
        let frames = self.streams.clone().logs(request).await.map_err(|status| failure_of(&status))?.into_inner();
        Ok(frames.filter_map(|frame| std::future::ready(line_of(frame))).boxed())
    }

    async fn forget_log(&self, allocation: AllocationId) -> Result<(), Failure> {
        call!(self.logs_forget(v1::LogsForgetRequest { allocation_id: allocation.to_string() }), COMMAND).map(drop)
    }
}

fn message(command: Command) -> v1::Command {
    let (allocation_id, tenant_id) = (command.allocation.to_string(), command.tenant.to_string());
    v1::Command { allocation_id, tenant_id, epoch: command.epoch }
}

fn container_request(command: Command, plan: &ContainerPlan) -> v1::ContainerEnsureRequest {
    let mount = |(volume, path): &(VolumeId, String)| v1::Mount { volume_id: volume.to_string(), path: path.clone() };
    v1::ContainerEnsureRequest {
        command: Some(message(command)),
        sandbox_id: plan.sandbox.to_string(),
        image: plan.image.clone(),
        user: plan.user.clone(),
        read_only: plan.read_only,
        tmpfs: plan.tmpfs.iter().map(v1::Tmpfs::from).collect(),
        args: plan.args.clone(),
        environment: plan.environment.clone().into_iter().collect(),
        capabilities: plan.capabilities.clone(),
        mounts: plan.mounts.iter().map(mount).collect(),
        limits: Some(plan.limits.into()),
    }
}

fn found_container(found: &v1::FoundContainer) -> Result<FoundContainer, Failure> {
    Ok(FoundContainer {
        allocation: id(&found.allocation_id, "allocation_id")?,
        tenant: id(&found.tenant_id, "tenant_id")?,
        running: matches!(found.state.as_str(), "running" | "restarting" | "paused"),
        exit_code: found.exit_code,
        oom_killed: found.oom_killed,
        created_at: Timestamp::from_micros(found.created_at),
    })
}

fn found_sandbox(found: &v1::FoundSandbox) -> Result<FoundOther, Failure> {
    Ok(FoundOther {
        allocation: id(&found.allocation_id, "allocation_id")?,
        tenant: id(&found.tenant_id, "tenant_id")?,
        thing: Thing::Sandbox { id: id(&found.sandbox_id, "sandbox_id")?, running: found.running },
        created_at: Timestamp::from_micros(found.created_at),
    })
}

fn found_volume(found: &v1::FoundVolume) -> Result<FoundOther, Failure> {
    Ok(FoundOther {
        allocation: id(&found.allocation_id, "allocation_id")?,
        tenant: id(&found.tenant_id, "tenant_id")?,
        thing: Thing::Volume { id: id(&found.volume_id, "volume_id")? },
        created_at: Timestamp::from_micros(found.created_at),
    })
}

/// Lines are passed on; gaps and the end need no place in a plain download.
fn line_of(frame: Result<v1::LogFrame, tonic::Status>) -> Option<Result<LogLine, Failure>> {
    match frame.map_err(|status| failure_of(&status)).and_then(|frame| required(frame.frame, "frame")) {
        Ok(v1::log_frame::Frame::Line(line)) => {
            Some(Ok(LogLine { time: Timestamp::from_micros(line.time), stream: line.stream, line: line.line }))
        }
        Ok(_) => None,
        Err(failure) => Some(Err(failure)),
    }
}
