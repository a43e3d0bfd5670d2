//! Joins the feed to SQLite and to the verifier, who knows which machines there are.

use std::sync::Arc;

use berth_feed::config::FeedConfig;
use berth_feed::peers::VerifierCatalogue;
use berth_feed::{Deps, store::sqlite};
use kit::{Failure, ServiceName};

use super::backings::Relational;
use crate::backing::Wired;
use crate::platform::Platform;

pub async fn wire(platform: &Platform) -> Result<Wired, Failure> {
    let database = platform.database(ServiceName::Feed, &sqlite::MIGRATIONS).await?;
    let store = Arc::new(sqlite::SqliteFeed::new(database.clone(), platform.ambient.clone()));
    let verifier = platform.peer(ServiceName::Feed, ServiceName::Verifier);
    let service = berth_feed::build(Deps {
        likes: store.clone(),
        comments: store.clone(),
        counts: store.clone(),
        people: store,
        catalogue: Arc::new(VerifierCatalogue::new(&verifier)),
        ambient: platform.ambient.clone(),
        config: FeedConfig::default(),
        door: platform.door(ServiceName::Feed),
    });
    Ok(Wired::new(service, Relational { database, ambient: platform.ambient.clone() }))
}
