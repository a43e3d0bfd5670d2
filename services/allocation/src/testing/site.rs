//! The engine in memory behind what the docker service promises: one command at a time for each allocation, and one that
//! was begun comes to its end also when whoever gave it is gone.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::stream::BoxStream;
use kit::{AllocationId, Failure, SandboxId, VolumeId};
use tokio::runtime::Handle;

use super::FakeEngine;
use crate::domain::allocation::VolumeLease;
use crate::domain::plan::{ContainerPlan, ReadinessPlan, SandboxPlan};
use crate::domain::reconcile::Inventory;
use crate::ports::engine::{ContainerReport, Engine, LogLine};
use crate::ports::{Command, LogOptions};

type Queue = Arc<tokio::sync::Mutex<()>>;

pub struct Site {
    pub engine: Arc<FakeEngine>,
    queues: Mutex<BTreeMap<AllocationId, Queue>>,
    /// Where commands run: not in the processes that give them.
    own: Handle,
}

impl Site {
    /// Commands run where this is called.
    pub fn here() -> Self {
        Self { engine: Arc::default(), queues: Mutex::default(), own: Handle::current() }
    }

    async fn command<T, F>(&self, command: Command, run: impl FnOnce(Arc<FakeEngine>) -> F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let queue = self.queues.lock().unwrap().entry(command.allocation).or_default().clone();
        let running = run(self.engine.clone());
        let running = self.own.spawn(async move {
            let _alone = queue.lock().await;
            running.await
        });
        running.await.unwrap()
    }
}

#[async_trait]
impl Engine for Site {
    async fn ensure_image(&self, command: Command, image: &str) -> Result<String, Failure> {
        let image = image.to_owned();
        self.command(command, |engine| async move { engine.ensure_image(command, &image).await }).await
    }

    async fn ensure_volume(&self, command: Command, volume: &VolumeLease) -> Result<(), Failure> {
        let volume = volume.clone();
        self.command(command, |engine| async move { engine.ensure_volume(command, &volume).await }).await
    }

    async fn remove_volume(&self, command: Command, volume: VolumeId) -> Result<(), Failure> {
        self.command(command, |engine| async move { engine.remove_volume(command, volume).await }).await
    }

    async fn ensure_network(&self, command: Command) -> Result<String, Failure> {
        self.command(command, |engine| async move { engine.ensure_network(command).await }).await
    }

    async fn release_network(&self, command: Command) -> Result<(), Failure> {
        self.command(command, |engine| async move { engine.release_network(command).await }).await
    }

    async fn ensure_sandbox(&self, command: Command, plan: &SandboxPlan) -> Result<(), Failure> {
        let plan = plan.clone();
        self.command(command, |engine| async move { engine.ensure_sandbox(command, &plan).await }).await
    }

    async fn stop_sandbox(&self, command: Command, sandbox: SandboxId) -> Result<(), Failure> {
        self.command(command, |engine| async move { engine.stop_sandbox(command, sandbox).await }).await
    }

    async fn remove_sandbox(&self, command: Command, sandbox: SandboxId) -> Result<(), Failure> {
        self.command(command, |engine| async move { engine.remove_sandbox(command, sandbox).await }).await
    }

    async fn ensure_container(&self, command: Command, plan: &ContainerPlan) -> Result<(), Failure> {
        let plan = plan.clone();
        self.command(command, |engine| async move { engine.ensure_container(command, &plan).await }).await
    }

    async fn start_container(&self, command: Command) -> Result<(), Failure> {
        self.command(command, |engine| async move { engine.start_container(command).await }).await
    }

    async fn stop_container(&self, command: Command) -> Result<(), Failure> {
        self.command(command, |engine| async move { engine.stop_container(command).await }).await
    }

    async fn remove_container(&self, command: Command) -> Result<(), Failure> {
        self.command(command, |engine| async move { engine.remove_container(command).await }).await
    }

    async fn wait_ready(&self, command: Command, plan: &ReadinessPlan) -> Result<(), Failure> {
        let plan = plan.clone();
        self.command(command, |engine| async move { engine.wait_ready(command, &plan).await }).await
    }

    async fn inspect(&self, allocation: AllocationId) -> Result<ContainerReport, Failure> {
        self.engine.inspect(allocation).await
    }

    async fn inventory(&self) -> Result<Inventory, Failure> {
        self.engine.inventory().await
    }

    async fn log(
        &self,
        allocation: AllocationId,
        options: &LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine, Failure>>, Failure> {
        self.engine.log(allocation, options).await
    }

    async fn forget_log(&self, allocation: AllocationId) -> Result<(), Failure> {
        self.engine.forget_log(allocation).await
    }
}
