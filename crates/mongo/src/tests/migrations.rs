//! Migrations run once, in order, by one of many; a replica that died while it migrated is no obstacle.

use std::time::Duration;

use futures::future::join_all;
use kit::{ErrorCode, Failure};
use mongodb::bson::doc;

use super::scratch;
use crate::{Database, Migration, Migrations};

const FIRST: Migrations = &[
    Migration { name: "0001_a", run: |database| Box::pin(note(database, "a")) },
    Migration { name: "0002_b", run: |database| Box::pin(note(database, "b")) },
];
const SECOND: Migrations = &[Migration { name: "0101_c", run: |database| Box::pin(note(database, "c")) }];
const LATER: Migrations = &[Migration { name: "0201_d", run: |database| Box::pin(note(database, "d")) }];
const FAILING: Migrations = &[Migration {
    name: "0301_e",
    run: |database| {
        Box::pin(async move {
            note(database, "e").await?;
            Err(Failure::of(ErrorCode::StoreUnavailable))
        })
    },
}];

async fn note(database: &Database, step: &str) -> Result<(), Failure> {
    database.make_collection("made").await?;
    database.collection("made").insert_one(doc! { "step": step }).await.map(drop).map_err(Failure::internal)
}

async fn steps(database: &Database) -> Vec<String> {
    let made = database.list("made", doc! {}, doc! { "$natural": 1 }, 0).await.unwrap();
    made.iter().map(|step| step.get_str("step").unwrap().to_owned()).collect()
}

#[tokio::test]
async fn of_many_replicas_one_takes_each_step() {
    let (database, _scratch) = scratch().await;
    let done = join_all((0..8).map(|_| database.migrate(&[FIRST, SECOND]))).await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    assert_eq!(steps(&database).await, ["a", "b", "c"]);
    assert_eq!(database.migrations().await.unwrap(), ["0001_a", "0002_b", "0101_c"]);
}

#[tokio::test]
async fn a_later_release_s_steps_are_left_alone() {
    let (database, _scratch) = scratch().await;
    database.migrate(&[FIRST, LATER]).await.unwrap();
    database.migrate(&[FIRST]).await.unwrap();
    database.migrate(&[FIRST, SECOND]).await.unwrap();
    assert_eq!(steps(&database).await, ["a", "b", "d", "c"]);
}

#[tokio::test]
async fn a_step_that_failed_is_taken_again_and_holds_up_nobody_s_lease() {
    let (database, _scratch) = scratch().await;
    for _ in 0..2 {
        assert!(database.migrate(&[FIRST, FAILING]).await.is_err());
    }
    assert_eq!(steps(&database).await, ["a", "b", "e", "e"]);
    assert_eq!(database.migrations().await.unwrap(), ["0001_a", "0002_b"]);
    database.migrate(&[SECOND]).await.unwrap();
}

#[tokio::test]
async fn who_died_while_migrating_is_waited_for_no_longer_than_its_lease() {
    let (database, _scratch) = scratch().await;
    let lease = |millis: i64| vec![doc! { "$set": { "holder": "gone", "until": { "$add": ["$$NOW", millis] } } }];
    let record = database.collection("migrations");
    record.update_one(doc! { "_id": "lease" }, lease(60_000)).upsert(true).await.unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(400), database.migrate(&[FIRST]));
    assert!(waiting.await.is_err(), "it did not wait");
    assert_eq!(steps(&database).await, [""; 0]);
    record.update_one(doc! { "_id": "lease" }, lease(-1)).await.unwrap();
    database.migrate(&[FIRST]).await.unwrap();
    assert_eq!(steps(&database).await, ["a", "b"]);
}
