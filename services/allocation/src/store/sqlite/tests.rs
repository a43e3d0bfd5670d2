//! The contract on SQLite, and stores that are wrong on purpose to prove that the suites notice.

pub mod wrong;

use std::sync::Arc;

use bus::{OutboxSource, Topic};
use kit::{Ambient, MasterKey, ServiceName};
use sql::Database;

use super::{MIGRATIONS, Settings, SqliteStore};
use crate::contract::{
    Sides, World, allocation_changes, allocation_fleet, allocation_lists, allocation_oversight, allocation_store,
};

async fn fresh() -> (SqliteStore, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::open(&directory.path().join("a.db"), &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
    let ambient = Ambient::system();
    let settings = Settings {
        sealing: MasterKey::mint(&ambient).derive("test"),
        ambient,
        ports: (20_000, 29_999),
        public_host: "127.0.0.1".into(),
    };
    (SqliteStore::new(database, settings), directory)
}

fn sides(store: &SqliteStore) -> Sides {
    let source = |topic| Arc::new(OutboxSource::new(store.database.clone(), topic));
    Sides {
        store: Arc::new(store.clone()),
        fleet: Arc::new(store.clone()),
        oversight: Arc::new(store.clone()),
        events: source(Topic::Allocation),
        acts: source(Topic::Audit(ServiceName::Allocation)),
    }
}

pub async fn world() -> World {
    let (store, directory) = fresh().await;
    World::new(sides(&store), Box::new(directory))
}

#[tokio::test]
async fn sqlite_keeps_the_tenants_contract() {
    testkit::contract::passes(allocation_store(), world).await;
}

#[tokio::test]
async fn sqlite_keeps_the_contract_of_changes() {
    testkit::contract::passes(allocation_changes(), world).await;
}

#[tokio::test]
async fn sqlite_keeps_the_contract_of_lists() {
    testkit::contract::passes(allocation_lists(), world).await;
}

#[tokio::test]
async fn sqlite_keeps_the_fleets_contract() {
    testkit::contract::passes(allocation_fleet(), world).await;
}

#[tokio::test]
async fn sqlite_keeps_the_contract_of_oversight() {
    testkit::contract::passes(allocation_oversight(), world).await;
}
