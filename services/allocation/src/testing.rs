//! An engine in memory for tests: keeps what it is told, fails or stalls where a test says, and lists what is left.

#[cfg(test)]
pub mod process;
#[cfg(test)]
pub mod service;
#[cfg(test)]
pub mod site;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures::stream::{BoxStream, StreamExt as _};
use kit::{AllocationId, ErrorCode, Failure, SandboxId, TenantId, Timestamp, VolumeId};
use tokio::sync::Notify;

use crate::domain::allocation::VolumeLease;
use crate::domain::plan::{ContainerPlan, ReadinessPlan, SandboxPlan};
use crate::domain::reconcile::{FoundContainer, FoundOther, Inventory, Thing};
use crate::ports::engine::{ContainerReport, Engine, LogLine};
use crate::ports::{Command, LogOptions};

/// Where a stalled verb stops until it is released: a crash before or after its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stall {
    Before,
    After,
}

/// The engine.
#[derive(Default)]
pub struct FakeEngine {
    world: Mutex<World>,
    /// Told when a stalled verb is reached.
    pub stalled: Notify,
    /// Lets those that are stalled go on.
    pub released: Notify,
}

#[derive(Default)]
struct World {
    containers: BTreeMap<AllocationId, (TenantId, bool)>,
    sandboxes: BTreeMap<SandboxId, (AllocationId, TenantId, bool)>,
    sandbox_plans: BTreeMap<SandboxId, SandboxPlan>,
    volumes: BTreeMap<VolumeId, (AllocationId, TenantId)>,
    networks: BTreeSet<TenantId>,
    calls: Vec<&'static str>,
    /// What was made, started, stopped or removed that was not so already.
    changes: BTreeMap<AllocationId, Vec<&'static str>>,
    /// The highest epoch that a command for an allocation had.
    epochs: BTreeMap<AllocationId, u64>,
    failing: BTreeMap<&'static str, ErrorCode>,
    stalling: BTreeMap<&'static str, Stall>,
    logs: BTreeMap<AllocationId, Vec<String>>,
}

impl FakeEngine {
    /// From now on this verb fails so.
    pub fn fail(&self, verb: &'static str, code: ErrorCode) {
        self.world().failing.insert(verb, code);
    }

    /// From now on this verb does not answer.
    pub fn stall(&self, verb: &'static str, stall: Stall) {
        self.world().stalling.insert(verb, stall);
    }

    pub fn heal(&self) {
        let mut world = self.world();
        world.failing.clear();
        world.stalling.clear();
    }

    /// How often a verb was called.
    pub fn calls(&self, verb: &str) -> usize {
        self.world().calls.iter().filter(|call| **call == verb).count()
    }

    /// What commands for an allocation changed, in their order; one that found it so already is none of them.
    pub fn changes(&self, allocation: AllocationId) -> Vec<&'static str> {
        self.world().changes.get(&allocation).cloned().unwrap_or_default()
    }

    /// A program writes these lines.
    pub fn say(&self, allocation: AllocationId, lines: impl IntoIterator<Item = String>) {
        self.world().logs.entry(allocation).or_default().extend(lines);
    }

    /// A container dies by itself.
    pub fn kill(&self, allocation: AllocationId) {
        if let Some(container) = self.world().containers.get_mut(&allocation) {
            container.1 = false;
        }
    }

    /// A container is removed behind our back.
    pub fn lose(&self, allocation: AllocationId) {
        self.world().containers.remove(&allocation);
    }

    /// Everything that is there, by kind: containers, sandboxes, volumes, networks.
    pub fn left(&self) -> (usize, usize, usize, usize) {
        let world = self.world();
        (world.containers.len(), world.sandboxes.len(), world.volumes.len(), world.networks.len())
    }

    pub fn runs(&self, allocation: AllocationId) -> bool {
        self.world().containers.get(&allocation).is_some_and(|container| container.1)
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One command: refused under an epoch below one that was seen, and noted where its effect is one.
    async fn command(
        &self,
        command: Command,
        verb: &'static str,
        effect: impl FnOnce(&mut World) -> bool,
    ) -> Result<(), Failure> {
        let seen = *self.world().epochs.entry(command.allocation).or_default();
        if command.epoch < seen {
            return Err(Failure::of(ErrorCode::StaleEpoch));
        }
        self.world().epochs.insert(command.allocation, command.epoch);
        let done = self.act(verb, |world| {
            if effect(world) {
                world.changes.entry(command.allocation).or_default().push(verb);
            }
        });
        done.await
    }

    /// One verb: counted, failed or stalled as the test wants, its effect applied in between.
    async fn act<T>(&self, verb: &'static str, effect: impl FnOnce(&mut World) -> T) -> Result<T, Failure> {
        let stall = {
            let mut world = self.world();
            world.calls.push(verb);
            if let Some(code) = world.failing.get(verb) {
                return Err(Failure::of(*code));
            }
            world.stalling.get(verb).copied()
        };
        if stall == Some(Stall::Before) {
            self.stop().await;
        }
        let done = effect(&mut self.world());
        if stall == Some(Stall::After) {
            self.stop().await;
        }
        Ok(done)
    }

    async fn stop(&self) {
        self.stalled.notify_one();
        self.released.notified().await;
    }
}

impl World {
    fn run(&mut self, allocation: AllocationId, running: bool) -> bool {
        let container = self.containers.get_mut(&allocation);
        container.is_some_and(|container| std::mem::replace(&mut container.1, running) != running)
    }
}

#[async_trait]
impl Engine for FakeEngine {
    async fn ensure_image(&self, command: Command, _: &str) -> Result<String, Failure> {
        self.command(command, "ensure_image", |_| false).await.map(|()| "sha256:1".to_owned())
    }

    async fn ensure_volume(&self, command: Command, volume: &VolumeLease) -> Result<(), Failure> {
        let (id, owner) = (volume.id, (command.allocation, command.tenant));
        self.command(command, "ensure_volume", |world| world.volumes.insert(id, owner).is_none()).await
    }

    async fn remove_volume(&self, command: Command, volume: VolumeId) -> Result<(), Failure> {
        self.command(command, "remove_volume", |world| world.volumes.remove(&volume).is_some()).await
    }

    async fn ensure_network(&self, command: Command) -> Result<String, Failure> {
        let ensured = self.command(command, "ensure_network", |world| world.networks.insert(command.tenant)).await;
        ensured.map(|()| "network".to_owned())
    }

    async fn release_network(&self, command: Command) -> Result<(), Failure> {
        self.command(command, "release_network", |world| {
            let idle = world.sandboxes.values().all(|(_, tenant, _)| *tenant != command.tenant);
            idle && world.networks.remove(&command.tenant)
        })
        .await
    }

    async fn ensure_sandbox(&self, command: Command, plan: &SandboxPlan) -> Result<(), Failure> {
        let mut same = false;
        let ensured = self.command(command, "ensure_sandbox", |world| {
            let there = world.sandbox_plans.entry(plan.sandbox).or_insert_with(|| plan.clone());
            same = there == plan;
            let sandbox = (command.allocation, command.tenant, true);
            same && world.sandboxes.insert(plan.sandbox, sandbox) != Some(sandbox)
        });
        ensured.await?;
        same.then_some(()).ok_or_else(|| Failure::of(ErrorCode::ContainerConflict))
    }

    async fn stop_sandbox(&self, command: Command, sandbox: SandboxId) -> Result<(), Failure> {
        self.command(command, "stop_sandbox", |world| {
            world.sandboxes.get_mut(&sandbox).is_some_and(|found| std::mem::replace(&mut found.2, false))
        })
        .await
    }

    async fn remove_sandbox(&self, command: Command, sandbox: SandboxId) -> Result<(), Failure> {
        self.command(command, "remove_sandbox", |world| {
            world.sandbox_plans.remove(&sandbox);
            world.sandboxes.remove(&sandbox).is_some()
        })
        .await
    }

    async fn ensure_container(&self, command: Command, _: &ContainerPlan) -> Result<(), Failure> {
        self.command(command, "ensure_container", |world| {
            let is_new = !world.containers.contains_key(&command.allocation);
            world.containers.entry(command.allocation).or_insert((command.tenant, false));
            is_new
        })
        .await
    }

    async fn start_container(&self, command: Command) -> Result<(), Failure> {
        self.command(command, "start_container", |world| world.run(command.allocation, true)).await
    }

    async fn stop_container(&self, command: Command) -> Result<(), Failure> {
        self.command(command, "stop_container", |world| world.run(command.allocation, false)).await
    }

    async fn remove_container(&self, command: Command) -> Result<(), Failure> {
        self.command(command, "remove_container", |world| world.containers.remove(&command.allocation).is_some()).await
    }

    async fn wait_ready(&self, command: Command, _: &ReadinessPlan) -> Result<(), Failure> {
        self.command(command, "wait_ready", |_| false).await
    }

    async fn inspect(&self, allocation: AllocationId) -> Result<ContainerReport, Failure> {
        let state = if self.runs(allocation) { "running" } else { "exited" }.to_owned();
        Ok(ContainerReport { state, exit_code: Some(3), ..ContainerReport::default() })
    }

    async fn inventory(&self) -> Result<Inventory, Failure> {
        self.act("inventory", |world| {
            let created_at = Timestamp::EPOCH;
            let container = |(allocation, (tenant, running)): (&AllocationId, &(TenantId, bool))| FoundContainer {
                allocation: *allocation,
                tenant: *tenant,
                running: *running,
                exit_code: Some(3),
                oom_killed: false,
                created_at,
            };
            let sandbox = |(id, (allocation, tenant, running)): (&SandboxId, &(AllocationId, TenantId, bool))| {
                let thing = Thing::Sandbox { id: *id, running: *running };
                FoundOther { allocation: *allocation, tenant: *tenant, thing, created_at }
            };
            let volume = |(id, (allocation, tenant)): (&VolumeId, &(AllocationId, TenantId))| {
                let thing = Thing::Volume { id: *id };
                FoundOther { allocation: *allocation, tenant: *tenant, thing, created_at }
            };
            Inventory {
                containers: world.containers.iter().map(container).collect(),
                others: world.sandboxes.iter().map(sandbox).chain(world.volumes.iter().map(volume)).collect(),
                idle_networks: Vec::new(),
            }
        })
        .await
    }

    async fn log(
        &self,
        allocation: AllocationId,
        options: &LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine, Failure>>, Failure> {
        let mut lines = self.act("log", |world| world.logs.get(&allocation).cloned().unwrap_or_default()).await?;
        if let Some(tail) = options.tail {
            lines.drain(..lines.len().saturating_sub(tail as usize));
        }
        let line = |line| Ok(LogLine { time: Timestamp::EPOCH, stream: "stdout".into(), line });
        Ok(futures::stream::iter(lines.into_iter().map(line).collect::<Vec<_>>()).boxed())
    }

    async fn forget_log(&self, _: AllocationId) -> Result<(), Failure> {
        self.act("forget_log", |_| ()).await
    }
}
