//! The container, made but not started, in its sandbox's network.

use std::collections::HashSet;

use kit::{ErrorCode, Failure};

use super::App;
use crate::domain::found::Attached;
use crate::domain::identity::{container_name, sandbox_name};
use crate::domain::{Command, ContainerSpec, Inspected};

/// Gives the container's id. One of the same specification whose sandbox was made anew is made anew too: it would join a
/// network that is gone. One of another specification is `container_conflict`.
pub async fn container_ensure(app: &App, command: &Command, spec: &ContainerSpec) -> Result<String, Failure> {
    let _turn = app.turn(command).await?;
    spec.check()?;
    let sandbox = app.engine.inspect(&sandbox_name(spec.sandbox)).await?.filter(|sandbox| sandbox.running);
    let sandbox = sandbox.ok_or_else(|| Failure::of(ErrorCode::EngineRefused).operator("the sandbox does not run"))?;
    let name = container_name(spec.owner.allocation);
    if let Some(there) = app.engine.inspect(&name).await? {
        if there.spec != spec.hash() {
            return Err(Failure::of(ErrorCode::ContainerConflict));
        }
        if joins(&there, &sandbox) {
            return Ok(there.container.container_id);
        }
        app.engine.remove(&name).await?;
    }
    require_volumes(app, spec).await?;
    app.engine.container_create(spec, &sandbox.container.container_id).await
}

/// The engine would make a missing volume by itself: without our labels, without a bound. Another tenant's is as good as
/// missing.
async fn require_volumes(app: &App, spec: &ContainerSpec) -> Result<(), Failure> {
    if spec.mounts.is_empty() {
        return Ok(());
    }
    let volumes = app.engine.list().await?.volumes;
    let its = volumes.iter().filter(|volume| volume.owner.tenant == spec.owner.tenant);
    let there: HashSet<_> = its.map(|volume| volume.volume).collect();
    match spec.mounts.iter().find(|mount| !there.contains(&mount.volume)) {
        Some(missing) => Err(Failure::invalid("mounts", format!("the tenant has no volume {}", missing.volume))),
        None => Ok(()),
    }
}

fn joins(container: &Inspected, sandbox: &Inspected) -> bool {
    matches!(&container.attached, Attached::Container(id) if *id == sandbox.container.container_id)
}
