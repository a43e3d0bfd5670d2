//! The sandbox, running, its ports published. Leaves nothing half-made behind.

use std::net::IpAddr;

use kit::{ErrorCode, Failure};

use super::App;
use super::network_ensure::make;
use crate::domain::identity::sandbox_name;
use crate::domain::{Command, Inspected, SandboxSpec};

/// A sandbox that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxReady {
    pub container_id: String,
    pub address: IpAddr,
}

pub async fn sandbox_ensure(app: &App, command: &Command, spec: &SandboxSpec) -> Result<SandboxReady, Failure> {
    let _turn = app.turn(command).await?;
    spec.check()?;
    let name = sandbox_name(spec.sandbox);
    match app.engine.inspect(&name).await? {
        Some(there) if there.spec != spec.hash() => return Err(Failure::of(ErrorCode::ContainerConflict)),
        Some(there) if there.running => return ready(there),
        Some(_) => {}
        None => {
            ensure_network(app, spec).await?;
            app.engine.sandbox_create(spec).await?;
        }
    }
    let started = app.start(&name).await;
    if started.is_err() {
        // One that was made and could not start would hold its name and, in the engine's books, its port.
        app.engine.remove(&name).await?;
    }
    started?;
    let there = app.engine.inspect(&name).await?.ok_or_else(|| vanished(&name))?;
    app.seats.give_back(spec.owner.allocation);
    ready(there)
}

/// Makes the network again where it went in the meantime; a name that is not the tenant's is refused.
async fn ensure_network(app: &App, spec: &SandboxSpec) -> Result<(), Failure> {
    let tenant = spec.owner.tenant;
    let foreign = || Failure::invalid("network", "this is no network of the tenant's");
    app.identity.network_number(tenant, &spec.network).ok_or_else(foreign)?;
    let _networks = app.networks.lock().await;
    app.seats.promise(tenant, spec.owner.allocation, &spec.network, app.ambient.now());
    let listing = app.engine.list().await?;
    if listing.networks.iter().any(|network| network.name == spec.network) {
        return Ok(());
    }
    make(app, tenant, spec.network.clone()).await.map(drop)
}

fn ready(there: Inspected) -> Result<SandboxReady, Failure> {
    let address = there.address.ok_or_else(|| vanished("the sandbox's address"))?;
    Ok(SandboxReady { container_id: there.container.container_id, address })
}

fn vanished(what: &str) -> Failure {
    Failure::of(ErrorCode::EngineRefused).operator(format!("{what} is not there after its start"))
}
