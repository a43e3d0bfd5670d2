//! MongoDB keeps the contract.

use std::sync::Arc;

use ::mongo::testing::Scratch;
use testkit::{TestClock, contract, servers};

use super::MongoReadModel;
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
