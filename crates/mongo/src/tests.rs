//! Against a real server: what transactions, migrations and changes in bulk promise.

mod away;
mod migrations;
mod network;
mod outbox;
mod transactions;

use std::slice;

use bus::{DeadLetter, Event, Record, Topic};
use futures::future::join_all;
use kit::{Ambient, ServiceName};
use mongodb::bson::doc;
use testkit::servers;

use crate::testing::Scratch;
use crate::{Database, Fields as _, Update, inbox};

async fn scratch() -> (Database, Scratch) {
    Scratch::database(&servers::mongodb()).await
}

#[tokio::test]
async fn a_server_that_takes_writes_is_ready() {
    let (database, _scratch) = scratch().await;
    database.ping().await.unwrap();
}

#[tokio::test]
async fn of_many_revisions_at_once_the_highest_stays() {
    let (database, _scratch) = scratch().await;
    let newer = |revision: u64, word: &str| Update::newer("one".into(), revision, doc! { "word": word });
    let writes = (1..=40_u64).map(|n| {
        // Each with an older one beside it, and in an order of its own.
        let revision = n * 7 % 41;
        database.update_each("copies", vec![newer(revision, &format!("${revision}")), newer(revision / 2, "old")])
    });
    for done in join_all(writes).await {
        done.unwrap();
    }
    let found = database.find("copies", doc! {}).await.unwrap().unwrap();
    assert_eq!((found.number("revision").unwrap(), found.text("word").unwrap()), (40, "$40"));
    database.update_each("copies", vec![newer(40, "same"), newer(39, "older")]).await.unwrap();
    assert_eq!(database.find("copies", doc! {}).await.unwrap(), Some(found));
}

#[tokio::test]
async fn more_than_fits_into_one_command_is_taken() {
    let (database, _scratch) = scratch().await;
    let text = "x".repeat(1 << 20);
    let large = |id: i32| Update::newer(id.into(), 1, doc! { "text": &text });
    database.update_each("copies", (0..20).map(large).collect()).await.unwrap();
    assert_eq!(database.list("copies", doc! {}, doc! { "_id": 1 }, 0).await.unwrap().len(), 20);
}

#[tokio::test]
async fn a_change_that_is_refused_in_bulk_is_a_failure() {
    let (database, _scratch) = scratch().await;
    let broken = Update { id: "one".into(), pipeline: vec![doc! { "$set": { "n": { "$add": ["a", 1] } } }] };
    let refused = database.update_each("copies", vec![broken]).await.unwrap_err();
    assert_eq!(refused.left, kit::Left::Unknown, "{refused}");
}

#[tokio::test]
async fn a_position_only_grows_and_a_letter_is_kept_once() {
    let (database, _scratch) = scratch().await;
    database.migrate(&[inbox::MIGRATIONS]).await.unwrap();
    for position in [5, 3] {
        database.advance("v", Topic::User, position).await.unwrap();
    }
    let position = async |consumer| database.position(consumer, Topic::User).await.unwrap();
    assert_eq!((position("v").await, position("w").await), (5, 0));
    let event = Event::new(&Ambient::system(), Topic::User, ServiceName::User, "user.x", "s", 1, &"$x".to_owned());
    let letter = DeadLetter { record: Record { position: 4, event }, reason: "$unreadable".to_owned() };
    for _ in 0..2 {
        database.bury("v", slice::from_ref(&letter)).await.unwrap();
    }
    let letters = database.list("dead_letters", doc! {}, doc! { "_id": 1 }, 0).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].text("reason").unwrap(), letters[0].number("position").unwrap()), ("$unreadable", 4));
    assert_eq!(letters[0].bytes("data").unwrap(), letter.record.event.data);
}

#[tokio::test]
async fn a_generation_lives_as_long_as_the_database() {
    let (database, _scratch) = scratch().await;
    let all = join_all((0..8).map(|_| database.generation("verifier"))).await;
    let all: Vec<String> = all.into_iter().map(Result::unwrap).collect();
    assert!(all.iter().all(|generation| *generation == all[0]), "{all:?}");
    assert_ne!(database.generation("feed").await.unwrap(), all[0]);
    database.inner.drop().await.unwrap();
    assert_ne!(database.generation("verifier").await.unwrap(), all[0]);
}
