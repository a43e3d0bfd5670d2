//! SQLite keeps each contract, and stores that break one rule each fail the cases that are about it.

mod comments;
mod counts;
mod likes;
mod people;

use std::sync::Arc;

use bus::{OutboxSource, Topic};
use kit::ServiceName;
use sql::Database;
use testkit::{TestClock, contract};

use super::{MIGRATIONS, SqliteFeed};
use crate::contract::{World, comments::comments, counts::counts, likes::likes, people::people};

/// A right store, with something about it put wrong.
async fn world(spoil: impl FnOnce(&mut World, Arc<SqliteFeed>)) -> World {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::open(&directory.path().join("f.db"), &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
    let clock = TestClock::default();
    let store = Arc::new(SqliteFeed::new(database.clone(), clock.ambient()));
    let mut world = World {
        likes: store.clone(),
        comments: store.clone(),
        counts: store.clone(),
        people: store.clone(),
        acts: Arc::new(OutboxSource::new(database, Topic::Audit(ServiceName::Feed))),
        ambient: clock.ambient(),
        clock,
        keep: Box::new(directory),
    };
    spoil(&mut world, store);
    world
}

async fn right() -> World {
    world(|_, _| ()).await
}

#[tokio::test]
async fn sqlite_keeps_the_contract_of_likes() {
    contract::passes(likes(), right).await;
}

#[tokio::test]
async fn sqlite_keeps_the_contract_of_comments() {
    contract::passes(comments(), right).await;
}

#[tokio::test]
async fn sqlite_keeps_the_contract_of_counts() {
    contract::passes(counts(), right).await;
}

#[tokio::test]
async fn sqlite_keeps_the_contract_of_people() {
    contract::passes(people(), right).await;
}
