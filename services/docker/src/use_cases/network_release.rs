//! Removes the tenant's networks that nothing uses any more.

use kit::Failure;

use super::App;
use crate::domain::Command;

/// A network stays while a sandbox is on it, running or not, or has a place promised there.
pub async fn network_release(app: &App, command: &Command) -> Result<(), Failure> {
    let _turn = app.turn(command).await?;
    let tenant = command.owner.tenant;
    let _networks = app.networks.lock().await;
    app.seats.give_back(command.owner.allocation);
    let promised = app.seats.of(tenant, app.ambient.now());
    let listing = app.engine.list().await?;
    for network in listing.networks.iter().filter(|network| network.tenant == tenant) {
        let used = listing.sandboxes.iter().any(|sandbox| sandbox.network == network.name)
            || promised.iter().any(|(_, name)| *name == network.name);
        if !used && app.engine.network_remove(&network.name).await? {
            tracing::info!(tenant.id = %tenant, network = network.name, "removed network {}", network.name);
        }
    }
    Ok(())
}
