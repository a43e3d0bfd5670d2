//! Joins the verifier to SQLite, to a cache in memory and to the owners of what it copies.

use std::sync::Arc;

use berth_verifier::config::VerifierConfig;
use berth_verifier::peers::GrpcOwners;
use berth_verifier::{Deps, store::sqlite};
use cache::MokaCache;
use kit::{Failure, ServiceName};

use crate::platform::Platform;

/// Verdicts live a second, so that this many callers a second are remembered.
const CACHED: u64 = 10_000;

pub async fn wire(platform: &Platform) -> Result<wire::Service, Failure> {
    let database = platform.database(ServiceName::Verifier, &sqlite::MIGRATIONS).await?;
    let peer = |callee| platform.peer(ServiceName::Verifier, callee);
    let owners = Arc::new(GrpcOwners::new(
        &peer(ServiceName::User),
        &peer(ServiceName::Machines),
        &peer(ServiceName::Allocation),
    ));
    Ok(berth_verifier::build(Deps {
        model: Arc::new(sqlite::SqliteReadModel::new(database)),
        owners: owners.clone(),
        closures: owners,
        cache: Arc::new(MokaCache::new(CACHED)),
        ambient: platform.ambient.clone(),
        config: VerifierConfig::default(),
        drain: platform.drain.clone(),
    }))
}
