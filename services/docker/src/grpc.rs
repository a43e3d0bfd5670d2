//! The site's methods over gRPC: reads the message, runs the use case, shows what came of it.

mod read;
mod show;

use std::sync::Arc;
use std::time::Duration;

use futures::stream::BoxStream;
use kit::{Bytes, Failure, ServiceName};
use proto::convert::{id, status_of};
use proto::v1::{self, engine_server};
use tonic::{Request, Response, Status};
use wire::Allow;

use crate::logs::{self, LogStore};
use crate::use_cases::{self as verbs, App};

/// Who may call what: nothing here is for anybody but those who run allocations and those who show them.
pub fn allow() -> Allow {
    const COMMANDS: &[ServiceName] = &[ServiceName::Allocation];
    const READS: &[ServiceName] = &[ServiceName::Allocation, ServiceName::Interact];
    Allow::methods(&[
        ("/berth.v1.Engine/Capabilities", COMMANDS),
        ("/berth.v1.Engine/ImageEnsure", COMMANDS),
        ("/berth.v1.Engine/VolumeEnsure", COMMANDS),
        ("/berth.v1.Engine/VolumeRemove", COMMANDS),
        ("/berth.v1.Engine/NetworkEnsure", COMMANDS),
        ("/berth.v1.Engine/NetworkRelease", COMMANDS),
        ("/berth.v1.Engine/SandboxEnsure", COMMANDS),
        ("/berth.v1.Engine/SandboxStop", COMMANDS),
        ("/berth.v1.Engine/SandboxRemove", COMMANDS),
        ("/berth.v1.Engine/ContainerEnsure", COMMANDS),
        ("/berth.v1.Engine/ContainerStart", COMMANDS),
        ("/berth.v1.Engine/ContainerStop", COMMANDS),
        ("/berth.v1.Engine/ContainerRemove", COMMANDS),
        ("/berth.v1.Engine/ReadinessWait", COMMANDS),
        ("/berth.v1.Engine/ContainerInspect", READS),
        ("/berth.v1.Engine/List", COMMANDS),
        ("/berth.v1.Engine/Logs", READS),
        ("/berth.v1.Engine/LogsForget", COMMANDS),
    ])
}

/// The methods over the use cases and the stored logs.
pub struct EngineMethods {
    pub app: Arc<App>,
    pub logs: Arc<LogStore>,
}

type Answer<T> = Result<Response<T>, Status>;

impl EngineMethods {
    /// Runs a command to its end even when the caller goes away: half an effect is worse than one that nobody hears of.
    async fn run<T, F>(&self, work: impl FnOnce(Arc<App>) -> F) -> Answer<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let done = tokio::spawn(work(self.app.clone())).await.unwrap_or_else(|panic| Err(Failure::internal(panic)));
        done.map(Response::new).map_err(|failure| refuse(&failure))
    }
}

fn refuse(failure: &Failure) -> Status {
    if failure.code.row().status >= 500 {
        tracing::warn!(%failure, "a command on the engine failed");
    } else {
        tracing::debug!(%failure, "a command on the engine was refused");
    }
    status_of(failure)
}

#[tonic::async_trait]
impl engine_server::Engine for EngineMethods {
    type LogsStream = BoxStream<'static, Result<v1::LogFrame, Status>>;

    async fn capabilities(&self, _: Request<v1::CapabilitiesRequest>) -> Answer<v1::CapabilitiesReply> {
        self.run(|app| async move { verbs::capabilities::capabilities(&app).await.map(Into::into) }).await
    }

    async fn image_ensure(&self, request: Request<v1::ImageEnsureRequest>) -> Answer<v1::ImageEnsureReply> {
        let message = request.into_inner();
        self.run(|app| async move {
            let (command, image) = (read::command(message.command)?, message.image.parse()?);
            let digest = verbs::image_ensure::image_ensure(&app, &command, &image).await?;
            Ok(v1::ImageEnsureReply { digest })
        })
        .await
    }

    async fn volume_ensure(&self, request: Request<v1::VolumeEnsureRequest>) -> Answer<v1::VolumeReply> {
        let message = request.into_inner();
        self.run(|app| async move {
            let (command, volume) = (read::command(message.command)?, id(&message.volume_id, "volume_id")?);
            let size = Bytes::new(message.size);
            verbs::volume_ensure::volume_ensure(&app, &command, volume, size).await.map(Into::into)
        })
        .await
    }

    async fn volume_remove(&self, request: Request<v1::VolumeRemoveRequest>) -> Answer<v1::Done> {
        let message = request.into_inner();
        self.run(|app| async move {
            let (command, volume) = (read::command(message.command)?, id(&message.volume_id, "volume_id")?);
            verbs::volume_remove::volume_remove(&app, &command, volume).await.map(show::done)
        })
        .await
    }

    async fn network_ensure(&self, request: Request<v1::NetworkEnsureRequest>) -> Answer<v1::NetworkReply> {
        let message = request.into_inner();
        self.run(|app| async move {
            verbs::network_ensure::network_ensure(&app, &read::command(message.command)?).await.map(Into::into)
        })
        .await
    }

    async fn network_release(&self, request: Request<v1::NetworkReleaseRequest>) -> Answer<v1::Done> {
        let message = request.into_inner();
        self.run(|app| async move {
            verbs::network_release::network_release(&app, &read::command(message.command)?).await.map(show::done)
        })
        .await
    }

    async fn sandbox_ensure(&self, request: Request<v1::SandboxEnsureRequest>) -> Answer<v1::SandboxReply> {
        let message = request.into_inner();
        self.run(|app| async move {
            let (command, spec) = read::sandbox(message)?;
            verbs::sandbox_ensure::sandbox_ensure(&app, &command, &spec).await.map(Into::into)
        })
        .await
    }

    async fn sandbox_stop(&self, request: Request<v1::SandboxStopRequest>) -> Answer<v1::Done> {
        let message = request.into_inner();
        self.run(|app| async move {
            let (command, sandbox) = (read::command(message.command)?, id(&message.sandbox_id, "sandbox_id")?);
            verbs::sandbox_stop::sandbox_stop(&app, &command, sandbox).await.map(show::done)
        })
        .await
    }

    async fn sandbox_remove(&self, request: Request<v1::SandboxRemoveRequest>) -> Answer<v1::Done> {
        let message = request.into_inner();
        self.run(|app| async move {
            let (command, sandbox) = (read::command(message.command)?, id(&message.sandbox_id, "sandbox_id")?);
            verbs::sandbox_remove::sandbox_remove(&app, &command, sandbox).await.map(show::done)
        })
        .await
    }

    async fn container_ensure(&self, request: Request<v1::ContainerEnsureRequest>) -> Answer<v1::ContainerReply> {
        let message = request.into_inner();
        self.run(|app| async move {
            let (command, spec) = read::container(message)?;
            verbs::container_ensure::container_ensure(&app, &command, &spec).await.map(show::container)
        })
        .await
    }

    async fn container_start(&self, request: Request<v1::ContainerRequest>) -> Answer<v1::ContainerReply> {
        let message = request.into_inner();
        self.run(|app| async move {
            verbs::container_start::container_start(&app, &read::command(message.command)?).await.map(show::container)
        })
        .await
    }

    async fn container_stop(&self, request: Request<v1::ContainerStopRequest>) -> Answer<v1::ContainerReply> {
        let message = request.into_inner();
        self.run(|app| async move {
            let (command, grace) = (read::command(message.command)?, Duration::from_secs(message.grace_seconds.into()));
            verbs::container_stop::container_stop(&app, &command, grace).await.map(show::container)
        })
        .await
    }

    async fn container_remove(&self, request: Request<v1::ContainerRequest>) -> Answer<v1::Done> {
        let message = request.into_inner();
        self.run(|app| async move {
            verbs::container_remove::container_remove(&app, &read::command(message.command)?).await.map(show::done)
        })
        .await
    }

    /// Unlike commands, a wait ends when nobody waits any more.
    async fn readiness_wait(&self, request: Request<v1::ReadinessWaitRequest>) -> Answer<v1::ReadinessReply> {
        let wait = async {
            let (command, wanted) = read::readiness(request.into_inner())?;
            verbs::readiness_wait::readiness_wait(&self.app, &command, &wanted).await
        };
        wait.await.map(|()| Response::new(v1::ReadinessReply {})).map_err(|failure| refuse(&failure))
    }

    async fn container_inspect(&self, request: Request<v1::ContainerInspectRequest>) -> Answer<v1::FoundContainer> {
        let message = request.into_inner();
        self.run(|app| async move {
            let allocation = id(&message.allocation_id, "allocation_id")?;
            verbs::container_inspect::container_inspect(&app, allocation).await.map(show::inspected)
        })
        .await
    }

    async fn list(&self, _: Request<v1::ListRequest>) -> Answer<v1::ListReply> {
        self.run(|app| async move { verbs::list::list(&app).await.map(Into::into) }).await
    }

    async fn logs(&self, request: Request<v1::LogsRequest>) -> Answer<Self::LogsStream> {
        let frames = logs::stream(&self.logs, &request.into_inner());
        frames.map(Response::new).map_err(|failure| refuse(&failure))
    }

    async fn logs_forget(&self, request: Request<v1::LogsForgetRequest>) -> Answer<v1::Done> {
        let logs = self.logs.clone();
        let allocation = id(&request.into_inner().allocation_id, "allocation_id");
        self.run(|_| async move { logs.forget(allocation?).await.map(show::done) }).await
    }
}
