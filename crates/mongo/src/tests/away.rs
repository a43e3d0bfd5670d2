//! A server that is away: who asks hears so in time, and afterwards all is as if nothing had been.

use std::time::{Duration, Instant};

use kit::{ErrorCode, Failure, Left};
use mongodb::bson::doc;
use testkit::servers::{self, Kind, Own};

use super::network::Network;
use crate::testing::Scratch;
use crate::{Database, Stored as _, Transaction};

/// The deadline and what a busy machine adds.
const IN_TIME: Duration = Duration::from_secs(8);

async fn insert(t: &mut Transaction, id: &str) -> Result<(), Failure> {
    t.insert("log", doc! { "_id": id }).await.stored()
}

async fn write(database: &Database, id: &str) -> Result<(), Failure> {
    database.transaction(id, |t, id| Box::pin(insert(t, id))).await
}

/// Each of these is refused, in time.
async fn refused(database: &Database) {
    let began = Instant::now();
    let (read, written, ready) =
        tokio::join!(database.find("log", doc! {}), write(database, "refused"), database.ping());
    let took = began.elapsed();
    assert_eq!(read.unwrap_err().code, ErrorCode::StoreUnavailable);
    assert_eq!(ready.unwrap_err().code, ErrorCode::StoreUnavailable);
    let written = written.unwrap_err();
    assert_eq!((written.code, written.left), (ErrorCode::StoreUnavailable, Left::Nothing), "{written}");
    assert!(took < IN_TIME, "it took {took:?}");
}

async fn ready_again(database: &Database) {
    testkit::until(|| database.ping(), Result::is_ok).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_down_is_told_in_time_and_found_again() {
    let own = Own::start(Kind::MongoDb).await;
    let database = Database::connect(own.address(), "away").await.unwrap();
    database.make_collection("log").await.unwrap();
    write(&database, "before").await.unwrap();
    own.kill();
    refused(&database).await;
    own.start_again().await;
    ready_again(&database).await;
    write(&database, "after").await.unwrap();
    let log = database.list("log", doc! {}, doc! { "_id": 1 }, 0).await.unwrap();
    assert_eq!(log, [doc! { "_id": "after" }, doc! { "_id": "before" }]);
}

#[tokio::test]
async fn a_server_that_is_stalled_is_told_in_time_and_found_again() {
    let own = Own::start(Kind::MongoDb).await;
    let database = Database::connect(own.address(), "away").await.unwrap();
    database.make_collection("log").await.unwrap();
    write(&database, "before").await.unwrap();
    own.pause();
    // A thread or two may answer until the signal has reached all.
    testkit::until(|| database.find("log", doc! {}), Result::is_err).await.unwrap_err();
    refused(&database).await;
    own.resume();
    ready_again(&database).await;
    write(&database, "after").await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_the_network_swallowed_holds_up_nobody_afterwards() {
    let direct = servers::mongodb();
    let (_, rest) = direct.split_once("127.0.0.1:").unwrap();
    let server = format!("127.0.0.1:{}", &rest[..rest.find('/').unwrap()]);
    let network = Network::before(&server).await;
    let (straight, _scratch) = Scratch::database(&direct).await;
    let database = Database::connect(&direct.replace(&server, &network.authority), straight.name()).await.unwrap();
    database.make_collection("log").await.unwrap();
    write(&database, "before").await.unwrap();
    let touch = async |by: &'static str, swallow: bool| {
        let work = database.transaction((by, swallow, &network), |t, (by, swallow, network)| {
            Box::pin(async move {
                t.update("log", doc! { "_id": "before" }, doc! { "$set": { "by": *by } }).await.stored()?;
                if *swallow {
                    network.swallow();
                }
                insert(t, by).await
            })
        });
        work.await
    };
    // It holds the document when nothing arrives any more, not even that it gave up.
    assert_eq!(touch("swallowed", true).await.unwrap_err().code, ErrorCode::StoreUnavailable);
    network.recover();
    ready_again(&database).await;
    let began = Instant::now();
    testkit::until(|| touch("after", false), Result::is_ok).await.unwrap();
    // Left to itself the server would keep the document for a minute.
    assert!(began.elapsed() < Duration::from_secs(20), "it took {:?}", began.elapsed());
    assert_eq!(database.find("log", doc! { "_id": "swallowed" }).await.unwrap(), None);
}
