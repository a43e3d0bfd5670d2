//! Says what the site has and what it can enforce.

use kit::{Failure, SiteId};

use super::App;

/// What a site is able to do.
#[derive(Clone, Debug)]
pub struct Capabilities {
    pub site: SiteId,
    pub engine_version: String,
    pub volume_size_enforced: bool,
    pub firewall_enforced: bool,
    pub cpus: u32,
    pub memory: u64,
    /// Bytes that volumes may still take.
    pub disk: u64,
}

pub async fn capabilities(app: &App) -> Result<Capabilities, Failure> {
    let description = app.engine.describe().await?;
    Ok(Capabilities {
        site: app.identity.site.clone(),
        engine_version: description.version,
        volume_size_enforced: app.disks.enforced(),
        firewall_enforced: app.host.enforced(),
        cpus: description.cpus,
        memory: description.memory,
        disk: app.disks.free().await?,
    })
}
