//! Joins the verifier to SQLite, to a cache in memory and to the owners of what it copies.

use std::sync::Arc;

use berth_verifier::config::VerifierConfig;
use berth_verifier::peers::GrpcOwners;
use berth_verifier::ports::ReadModel;
use berth_verifier::store::mongo::MongoReadModel;
use berth_verifier::{Deps, store::sqlite};
use cache::{Cache, MokaCache, RedisCache};
use kit::{Failure, ServiceName};

use super::backings::{Documents, Relational, documents};
use crate::backing::Wired;
use crate::config::Config;
use crate::platform::Platform;

/// Verdicts live a second, so that this many callers a second are remembered.
const CACHED: u64 = 10_000;

pub async fn wire(platform: &Platform) -> Result<Wired, Failure> {
    let Some(database) = documents(ServiceName::Verifier, &platform.config.verifier).await? else {
        let database = platform.database(ServiceName::Verifier, &sqlite::MIGRATIONS).await?;
        let model = Arc::new(sqlite::SqliteReadModel::new(database.clone()));
        return Ok(Wired::new(service(platform, model)?, Relational { database, ambient: platform.ambient.clone() }));
    };
    let model = Arc::new(MongoReadModel::open(database.clone()).await?);
    Ok(Wired::new(service(platform, model)?, Documents { database, announces: false }))
}

pub async fn migrate(config: &Config) -> Result<(), Failure> {
    match documents(ServiceName::Verifier, &config.verifier).await? {
        Some(database) => MongoReadModel::open(database).await.map(drop),
        None => Ok(()),
    }
}

fn service(platform: &Platform, model: Arc<dyn ReadModel>) -> Result<wire::Service, Failure> {
    let peer = |callee| platform.peer(ServiceName::Verifier, callee);
    let owners = Arc::new(GrpcOwners::new(
        &peer(ServiceName::User),
        &peer(ServiceName::Machines),
        &peer(ServiceName::Allocation),
    ));
    Ok(berth_verifier::build(Deps {
        model,
        owners: owners.clone(),
        closures: owners,
        cache: cache(platform)?,
        ambient: platform.ambient.clone(),
        config: VerifierConfig::default(),
        drain: platform.drain.clone(),
    }))
}

/// Replicas remember together where there is a Redis.
fn cache(platform: &Platform) -> Result<Arc<dyn Cache>, Failure> {
    Ok(match platform.config.redis.open("verdicts", RedisCache::DEADLINE)? {
        Some(redis) => Arc::new(RedisCache::new(redis)),
        None => Arc::new(MokaCache::new(CACHED)),
    })
}
