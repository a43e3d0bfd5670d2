//! MongoDB keeps the contract.

use std::sync::Arc;

use ::mongo::testing::{Scratch, forget_migrations};
use testkit::{TestClock, contract, servers};

use super::{MongoReadModel, migrate};
use crate::contract::read_model::{World, read_model};

async fn world() -> World {
    let (database, scratch) = Scratch::database(&servers::mongodb()).await;
    let model = MongoReadModel::open(database).await.unwrap();
    World { model: Arc::new(model), ambient: TestClock::default().ambient(), keep: Box::new(scratch) }
}

#[tokio::test]
async fn mongodb_keeps_the_contract() {
    contract::passes(read_model(), world).await;
}

#[tokio::test]
async fn every_step_can_be_taken_again() {
    let (database, _scratch) = Scratch::database(&servers::mongodb()).await;
    migrate(&database).await.unwrap();
    let taken = database.migrations().await.unwrap();
    forget_migrations(&database).await;
    migrate(&database).await.unwrap();
    assert_eq!(database.migrations().await.unwrap(), taken);
}
