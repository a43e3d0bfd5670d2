//! Joins the feed to SQLite and to the verifier, who knows which machines there are.

use std::sync::Arc;

use berth_feed::config::FeedConfig;
use berth_feed::peers::VerifierCatalogue;
use berth_feed::ports::{CommentStore, CountStore, LikeStore, PeopleStore};
use berth_feed::store::cassandra::{CassandraFeed, CassandraSettings, Credentials, Replication};
use berth_feed::{Deps, store::sqlite};
use kit::{Ambient, Failure, ServiceName};

use super::backings::{Relational, WideRows};
use crate::backing::Wired;
use crate::config::Config;
use crate::platform::Platform;

pub async fn wire(platform: &Platform) -> Result<Wired, Failure> {
    let ambient = platform.ambient.clone();
    let Some(settings) = settings(&platform.config) else {
        let database = platform.database(ServiceName::Feed, &sqlite::MIGRATIONS).await?;
        let store = Arc::new(sqlite::SqliteFeed::new(database.clone(), ambient));
        return Ok(Wired::new(service(platform, store), Relational { database, ambient: platform.ambient.clone() }));
    };
    let store = Arc::new(CassandraFeed::connect(settings, ambient).await?);
    Ok(Wired::new(service(platform, store.clone()), WideRows(store)))
}

pub async fn migrate(config: &Config, ambient: &Ambient) -> Result<(), Failure> {
    match settings(config) {
        Some(settings) => CassandraFeed::migrate(&settings, ambient).await,
        None => Ok(()),
    }
}

pub fn settings(config: &Config) -> Option<CassandraSettings> {
    let config = &config.feed;
    let nodes = config.cassandra.as_ref()?;
    let nodes = nodes.split(',').map(|node| node.trim().to_owned()).collect();
    let replication = match &config.data_centre {
        Some(centre) => Replication::Network([(centre.clone(), config.replication)].into()),
        None => Replication::Simple(config.replication),
    };
    let credentials = config.user.clone().zip(config.password.clone());
    Some(CassandraSettings {
        replication,
        data_centre: config.data_centre.clone(),
        credentials: credentials.map(|(user, password)| Credentials { user, password }),
        ..CassandraSettings::new(nodes, &config.keyspace)
    })
}

fn service<S>(platform: &Platform, store: Arc<S>) -> wire::Service
where
    S: LikeStore + CommentStore + CountStore + PeopleStore + 'static,
{
    let verifier = platform.peer(ServiceName::Feed, ServiceName::Verifier);
    berth_feed::build(Deps {
        likes: store.clone(),
        comments: store.clone(),
        counts: store.clone(),
        people: store,
        catalogue: Arc::new(VerifierCatalogue::new(&verifier)),
        ambient: platform.ambient.clone(),
        config: FeedConfig::default(),
        door: platform.door(ServiceName::Feed),
    })
}
