//! MongoDB keeps the contract.

use std::sync::Arc;

use ::mongo::MongoOutbox;
use ::mongo::testing::{Scratch, forget_migrations};
use async_trait::async_trait;
use bus::{Event, Outbox as _, Shard, Topic};
use testkit::{TestClock, contract, servers};

use super::{MongoMachines, migrate};
use crate::contract::machine_store::{Announced, World, machine_store};

async fn world() -> World {
    let (database, scratch) = Scratch::database(&servers::mongodb()).await;
    let ambient = TestClock::default().ambient();
    let store = MongoMachines::open(database.clone(), ambient.clone()).await.unwrap();
    World {
        store: Arc::new(store),
        announced: Box::new(Outbox(MongoOutbox::new(database))),
        ambient,
        keep: Box::new(scratch),
    }
}

struct Outbox(MongoOutbox);

#[async_trait]
impl Announced for Outbox {
    async fn on(&self, topic: Topic) -> Vec<Event> {
        let all = self.0.unsent(&Shard::all().collect::<Vec<_>>(), 100_000).await.unwrap();
        all.into_iter().map(|row| row.event).filter(|event| event.topic == topic).collect()
    }
}

#[tokio::test]
async fn mongodb_keeps_the_contract() {
    contract::passes(machine_store(), world).await;
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
