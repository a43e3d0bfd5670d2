//! Sandboxes and containers: made, started, stopped, removed, asked.

use std::time::Duration;

use bollard::errors::Error;
use bollard::exec::{CreateExecOptions, StartExecResults};
use bollard::models::ContainerCreateBody;
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, LogsOptionsBuilder, RemoveContainerOptionsBuilder, StopContainerOptionsBuilder,
};
use futures::{StreamExt as _, TryStreamExt as _};
use kit::{ErrorCode, Failure};

use super::build;
use super::client::{DEADLINE, DockerEngine, within};
use super::failure::{failure, is_missing, refusal, start_failure};
use crate::domain::identity::{container_name, sandbox_name};
use crate::domain::{ContainerSpec, SandboxSpec};

/// How many bytes of each last line are kept.
const LINE: usize = 500;

impl DockerEngine {
    pub(super) async fn make_sandbox(&self, spec: &SandboxSpec) -> Result<String, Failure> {
        let cgroupns = self.connected().await?.cgroup_namespaces;
        let body = build::sandbox(&self.identity, spec, &self.publish_address, cgroupns);
        let name = sandbox_name(spec.sandbox);
        match self.create(&name, body.clone()).await? {
            // The image is missing on a new engine, and after somebody's prune.
            Err(error) if is_missing(&error) && error.to_string().contains("image") => {
                self.make_sandbox_image().await?;
                self.create(&name, body).await?.map_err(failure)
            }
            made => made.map_err(failure),
        }
    }

    pub(super) async fn make_container(&self, spec: &ContainerSpec, inside: &str) -> Result<String, Failure> {
        let cgroupns = self.connected().await?.cgroup_namespaces;
        let body = build::container(&self.identity, spec, inside, cgroupns);
        self.create(&container_name(spec.owner.allocation), body).await?.map_err(failure)
    }

    async fn create(&self, name: &str, body: ContainerCreateBody) -> Result<Result<String, Error>, Failure> {
        let options = CreateContainerOptionsBuilder::default().name(name).build();
        let made = self.call(|c| async move { Ok(c.docker.create_container(Some(options), body).await) }).await?;
        Ok(made.map(|made| made.id))
    }

    pub(super) async fn start_container(&self, name: &str) -> Result<(), Failure> {
        self.call(|c| async move { c.docker.start_container(name, None).await.map_err(start_failure) }).await
    }

    pub(super) async fn stop_container(&self, name: &str, grace: Duration) -> Result<(), Failure> {
        let docker = self.connected().await?.patient;
        let seconds = i32::try_from(grace.as_secs()).unwrap_or(i32::MAX);
        let options = StopContainerOptionsBuilder::default().t(seconds).build();
        let stop = async move { gone_is_done(docker.stop_container(name, Some(options)).await) };
        within(grace + DEADLINE, stop).await
    }

    pub(super) async fn remove_container(&self, name: &str) -> Result<(), Failure> {
        let options = RemoveContainerOptionsBuilder::default().force(true).v(false).build();
        let remove = |error| match refusal(&error) {
            // Somebody removes it at this moment.
            Some((409, text)) if text.contains("already in progress") => Ok(()),
            _ => gone_is_done(Err(error)),
        };
        self.call(|c| async move { c.docker.remove_container(name, Some(options)).await.or_else(remove) }).await
    }

    pub(super) async fn wait_for_end(&self, name: &str) -> Result<(), Failure> {
        let docker = self.connected().await?.patient;
        match docker.wait_container(name, None).boxed().next().await {
            Some(Ok(_) | Err(Error::DockerContainerWaitError { .. })) => Ok(()),
            Some(Err(error)) => gone_is_done(Err(error)),
            None => Err(Failure::of(ErrorCode::EngineUnavailable).operator("a wait ended early")),
        }
    }

    pub(super) async fn run_inside(&self, name: &str, command: &[String]) -> Result<bool, Failure> {
        let options = CreateExecOptions {
            cmd: Some(command.to_vec()),
            attach_stdout: Some(true),
            ..CreateExecOptions::default()
        };
        self.call(|c| {
            async move {
                let id = c.docker.create_exec(name, options).await.map_err(failure)?.id;
                if let StartExecResults::Attached { mut output, .. } =
                    c.docker.start_exec(&id, None).await.map_err(failure)?
                {
                    // Its output ends when it does.
                    while output.next().await.is_some() {}
                }
                Ok(c.docker.inspect_exec(&id).await.map_err(failure)?.exit_code == Some(0))
            }
        })
        .await
    }

    pub(super) async fn tail(&self, name: &str, count: usize) -> Result<Vec<String>, Failure> {
        let options = LogsOptionsBuilder::default().stdout(true).stderr(true).tail(&count.to_string()).build();
        self.call(|c| async move {
            let lines: Result<Vec<_>, Error> = c.docker.logs(name, Some(options)).try_collect().await;
            let lines = lines.map_err(failure)?.into_iter().map(|line| line_of(&line.into_bytes()));
            Ok(lines.collect())
        })
        .await
    }
}

fn line_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(LINE)]).trim_end().to_owned()
}

fn gone_is_done(result: Result<(), Error>) -> Result<(), Failure> {
    match result {
        Err(error) if !is_missing(&error) => Err(failure(error)),
        _ => Ok(()),
    }
}
