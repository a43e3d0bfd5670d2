//! A network of the tenant's with room for one more sandbox.

use kit::{ErrorCode, Failure, TenantId};

use super::App;
use crate::domain::network::{Choice, choose};
use crate::domain::{Command, NetworkSpec, subnet};
use crate::ports::engine::NetworkMade;

/// How many subnets are tried: each one that fails was taken by somebody else in the meantime.
const TRIES: usize = 16;

/// A network by the engine's name for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkReady {
    pub name: String,
    pub subnet: String,
}

pub async fn network_ensure(app: &App, command: &Command) -> Result<NetworkReady, Failure> {
    let _turn = app.turn(command).await?;
    let (tenant, allocation) = (command.owner.tenant, command.owner.allocation);
    // One at a time for all tenants: two that look for a free subnet at once find the same one.
    let _networks = app.networks.lock().await;
    let promised = app.seats.of(tenant, app.ambient.now());
    let listing = app.engine.list().await?;
    let network = match choose(&app.identity, tenant, allocation, &listing, &promised) {
        Choice::Existing(name, subnet) => NetworkReady { name, subnet },
        Choice::New(name) => make(app, tenant, name).await?,
    };
    app.seats.promise(tenant, allocation, &network.name, app.ambient.now());
    Ok(network)
}

/// Makes a network on a subnet that nothing on this host uses. The caller holds the networks.
pub(super) async fn make(app: &App, tenant: TenantId, name: String) -> Result<NetworkReady, Failure> {
    let mut used = app.engine.subnets().await?;
    used.extend(app.host.routes().await?);
    let full = || Failure::new(ErrorCode::SiteFull, "The site has no room for another network.");
    for _ in 0..TRIES {
        let start = u32::from_le_bytes(app.ambient.bytes());
        let subnet = subnet::free(app.config.subnet_pool, &used, start).ok_or_else(full)?;
        let bridge = app.identity.bridge(app.ambient.bytes());
        let spec = NetworkSpec { name: name.clone(), tenant, subnet, bridge };
        match app.engine.network_create(&spec).await? {
            NetworkMade::Made => {
                tracing::info!(tenant.id = %tenant, network = name, %subnet, "made network {name}");
                return Ok(NetworkReady { name, subnet: subnet.to_string() });
            }
            NetworkMade::Taken => used.push(subnet),
        }
    }
    Err(full())
}
