//! The docker service over the engine beside this process, its host's firewall and loop devices, and SQLite.

use std::sync::Arc;

use berth_docker::config::EngineConfig;
use berth_docker::domain::Identity;
use berth_docker::engine::DockerEngine;
use berth_docker::host::{Firewall, LoopDisks};
use berth_docker::store::sqlite::SqliteRecord;
use berth_docker::{Deps, MIGRATIONS, build};
use kit::{Failure, ServiceName};

use super::backings::Relational;
use crate::backing::Wired;
use crate::platform::Platform;

/// Builds the site's service. Waits for no engine: `/readyz` does.
pub async fn wire(platform: &Platform) -> Result<Wired, Failure> {
    let site = &platform.config.site;
    let identity = Identity { installation: platform.installation, site: site.id.clone() };
    let state_dir = platform.data_dir().join("site");
    let config = EngineConfig::parse(state_dir, &site.publish_address, &site.subnet_pool)?;
    let database = platform.database(ServiceName::Docker, &MIGRATIONS).await?;
    let engine = Arc::new(DockerEngine::new(identity.clone(), config.publish_address.to_string(), None));
    let deps = Deps {
        ambient: platform.ambient.clone(),
        engine: engine.clone(),
        log_source: engine,
        host: Arc::new(Firewall::new(&identity).await),
        disks: Arc::new(LoopDisks::new(config.state_dir.join("volumes")).await?),
        record: Arc::new(SqliteRecord::new(database.clone(), site.id.clone(), platform.ambient.clone())),
        stop: platform.drain.stop.clone(),
        identity,
        config,
    };
    Ok(Wired::new(build(deps).await, Relational { database, ambient: platform.ambient.clone() }))
}
