//! Everything of this installation and site that the engine has. Whoever reconciles asks this, so the firewall is looked
//! at in the same pass.

use kit::Failure;

use super::App;
use crate::domain::Listing;

pub async fn list(app: &App) -> Result<Listing, Failure> {
    if let Err(failure) = app.host.firewall_ensure().await {
        tracing::error!(%failure, "the firewall's rules could not be checked");
    }
    app.engine.list().await
}
