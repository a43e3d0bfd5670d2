//! Joins the allocation service to its backends: SQLite or MySQL, and its peers.

use std::sync::Arc;

use berth_allocation::domain::quota::Amounts;
use berth_allocation::peers::{DockerEngine, VerifiedCatalogue, VerifiedTenants};
use berth_allocation::ports::AllocationFleet as _;
pub use berth_allocation::store::sql::MIGRATIONS;
use berth_allocation::store::sql::{Settings, SqlStore};
use berth_allocation::{Deps, build};
use kit::{Failure, ServiceName};

use super::backings::Relational;
use crate::backing::Wired;
use crate::platform::Platform;

pub async fn wire(platform: &Platform) -> Result<Wired, Failure> {
    let config = &platform.config;
    let settings = Settings {
        ambient: platform.ambient.clone(),
        sealing: platform.master.derive("allocation.values"),
        ports: config.site.ports,
        public_host: config.site.public_host.clone(),
    };
    let me = ServiceName::Allocation;
    let database = platform.relational(me, config.allocation.database_url.as_ref(), &MIGRATIONS).await?;
    let store = SqlStore::new(database.clone(), settings);
    let turns = bus::SqlTurns::new(database.clone(), &platform.ambient);
    // In a data directory of its own this process is alone, so whoever held these leases is gone.
    store.forget_leases().await?;
    turns.forget_others().await?;
    let verifier = platform.peer(me, ServiceName::Verifier);
    let service = build(Deps {
        store: Arc::new(store.clone()),
        fleet: Arc::new(store.clone()),
        oversight: Arc::new(store),
        catalogue: Arc::new(VerifiedCatalogue::new(&verifier)),
        tenants: Arc::new(VerifiedTenants::new(&verifier)),
        engine: Arc::new(DockerEngine::new(&platform.peer(me, ServiceName::Docker))),
        ambient: platform.ambient.clone(),
        door: platform.door(me),
        drain: platform.drain.clone(),
        fingerprints: platform.master.derive("allocation.fingerprints"),
        default_quota: Amounts {
            instances: config.quota.instances,
            cpu: config.quota.cpu,
            memory: config.quota.memory,
            disk: config.quota.disk,
            ports: config.quota.ports,
        },
        site: config.site.id.clone(),
        public_host: config.site.public_host.clone(),
        owner: platform.ambient.uuid().to_string(),
        turns: Arc::new(turns),
    });
    Ok(Wired::new(service, Relational { database, ambient: platform.ambient.clone() }))
}
