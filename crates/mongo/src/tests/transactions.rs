//! Whole or not at all, and whoever meets another tries again.

use futures::future::join_all;
use kit::{ErrorCode, Failure};
use mongodb::bson::{Document, doc};
use mongodb::options::IndexOptions;

use super::scratch;
use crate::{Database, Fields as _, Stored as _, Transaction, index, is_duplicate};

async fn count_up(t: &mut Transaction, counter: &str) -> Result<i64, Failure> {
    let found = t.find("counters", doc! { "_id": counter }).await.stored()?;
    let next = found.map_or(Ok(0), |found| found.number("n"))? + 1;
    t.update("counters", doc! { "_id": counter }, doc! { "$set": { "n": next } }).await.stored()?;
    t.insert("log", doc! { "n": next }).await.stored()?;
    Ok(next)
}

async fn all(database: &Database, collection: &str) -> Vec<Document> {
    database.list(collection, doc! {}, doc! { "_id": 1 }, 0).await.unwrap()
}

#[tokio::test]
async fn of_many_that_meet_none_is_lost() {
    let (database, _scratch) = scratch().await;
    database.make_collection("log").await.unwrap();
    database.collection("counters").insert_one(doc! { "_id": "c", "n": 0_i64 }).await.unwrap();
    let mut commits = database.commits();
    commits.mark_unchanged();
    let counted = join_all((0..40).map(|_| database.transaction((), |t, ()| Box::pin(count_up(t, "c"))))).await;
    let mut counted: Vec<i64> = counted.into_iter().map(Result::unwrap).collect();
    counted.sort_unstable();
    assert_eq!(counted, (1..=40).collect::<Vec<_>>());
    assert_eq!(all(&database, "log").await.len(), 40);
    assert_eq!(*commits.borrow_and_update(), 40);
}

#[tokio::test]
async fn what_fails_leaves_nothing() {
    let (database, _scratch) = scratch().await;
    database.make_collection("log").await.unwrap();
    let refused = database.transaction((), |t, ()| {
        Box::pin(async move {
            t.insert("log", doc! { "n": 1 }).await.stored()?;
            Err::<(), _>(Failure::of(ErrorCode::NameTaken))
        })
    });
    assert_eq!(refused.await.unwrap_err().code, ErrorCode::NameTaken);
    assert_eq!(all(&database, "log").await, []);
    assert_eq!(*database.commits().borrow(), 0);
}

#[tokio::test]
async fn what_stands_there_already_is_told_apart() {
    let (database, _scratch) = scratch().await;
    let unique = IndexOptions::builder().unique(true).build();
    database.make_index("names", index("name", doc! { "name": 1 }, unique)).await.unwrap();
    let insert = || {
        database.transaction((), |t, ()| {
            Box::pin(async move {
                match t.insert("names", doc! { "name": "redis" }).await {
                    Err(error) if is_duplicate(&error) => Err(Failure::of(ErrorCode::NameTaken)),
                    done => done.stored(),
                }
            })
        })
    };
    let done = join_all((0..50).map(|_| insert())).await;
    let refused: Vec<ErrorCode> = done.into_iter().filter_map(Result::err).map(|failure| failure.code).collect();
    assert_eq!(refused, [ErrorCode::NameTaken; 49]);
}

#[tokio::test]
async fn what_asks_for_another_attempt_gets_one() {
    let (database, _scratch) = scratch().await;
    database.make_collection("log").await.unwrap();
    let attempts = std::sync::atomic::AtomicU32::new(0);
    let done = database.transaction(&attempts, |t, attempts| {
        Box::pin(async move {
            t.insert("log", doc! { "n": 1 }).await.stored()?;
            match attempts.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                0 | 1 => Err(t.again()),
                attempt => Ok(attempt),
            }
        })
    });
    assert_eq!((done.await.unwrap(), all(&database, "log").await.len()), (2, 1));
}
