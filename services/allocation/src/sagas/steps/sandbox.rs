//! The sandbox: the network's end and the published ports. A port that something else has bound is replaced, but only
//! until it was ours once: from then on it is waited for, so that a saved URI keeps working.

use futures::future::BoxFuture;
use kit::{ErrorCode, Failure};

use crate::domain::plan;
use crate::sagas::Scene;

/// How many other ports are tried in one go.
const OTHER_PORTS: u32 = 8;

/// Makes it; one that is there with other ports is replaced, and the container in it goes with it: the next step makes
/// that again.
pub fn ensure<'s>(scene: &'s mut Scene<'_>) -> BoxFuture<'s, Result<(), Failure>> {
    Box::pin(async {
        match make(scene).await {
            Err(failure) if failure.code == ErrorCode::ContainerConflict => {
                scene.engine.remove_container(scene.command()).await?;
                remove(scene).await?;
                make(scene).await
            }
            other => other,
        }
    })
}

fn make<'s>(scene: &'s mut Scene<'_>) -> BoxFuture<'s, Result<(), Failure>> {
    Box::pin(async {
        let network = scene.progress.network.clone().ok_or_else(|| Failure::internal("no network for the sandbox"))?;
        for _ in 0..OTHER_PORTS {
            let plan = plan::sandbox(&scene.allocation, &network)?;
            match scene.engine.ensure_sandbox(scene.command(), &plan).await {
                Ok(()) => return scene.fleet.bind_ports(scene.ticket).await,
                Err(failure) if failure.code == ErrorCode::PortUnavailable && !was_bound(scene) => {
                    replace_ports(scene, &failure).await?;
                }
                Err(failure) => return Err(failure),
            }
        }
        Err(Failure::of(ErrorCode::PortUnavailable))
    })
}

/// For a restart: the sandbox that is there stays; one that died is made again on its network.
pub fn restore<'s>(scene: &'s mut Scene<'_>) -> BoxFuture<'s, Result<(), Failure>> {
    Box::pin(async {
        super::network::ensure(scene).await?;
        make(scene).await
    })
}

pub fn stop<'s>(scene: &'s mut Scene<'_>) -> BoxFuture<'s, Result<(), Failure>> {
    Box::pin(async { scene.engine.stop_sandbox(scene.command(), scene.allocation.details.sandbox).await })
}

pub fn remove<'s>(scene: &'s mut Scene<'_>) -> BoxFuture<'s, Result<(), Failure>> {
    Box::pin(async { scene.engine.remove_sandbox(scene.command(), scene.allocation.details.sandbox).await })
}

fn was_bound(scene: &Scene<'_>) -> bool {
    scene.allocation.ports.iter().any(|port| port.bound)
}

/// The engine names the port where it can; otherwise any of them may be the bad one.
async fn replace_ports(scene: &mut Scene<'_>, failure: &Failure) -> Result<(), Failure> {
    let named: Option<u16> = failure.field.as_deref().and_then(|port| port.parse().ok());
    let ports: Vec<u16> = scene.allocation.ports.iter().filter_map(|port| port.host_port).collect();
    let bad = ports.iter().copied().filter(|port| named.is_none_or(|named| named == *port || !ports.contains(&named)));
    for port in bad {
        let after = scene.fleet.replace_port(scene.ticket, port, scene.ambient.now()).await?;
        scene.renew(after);
    }
    Ok(())
}
