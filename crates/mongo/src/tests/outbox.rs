//! The outbox keeps the contract of all outboxes.

use std::sync::Arc;

use bus::{Event, Outbox as _, Shard, Topic};
use futures::TryStreamExt as _;
use kit::{Ambient, ServiceName};
use mongodb::bson::doc;
use testkit::contract::passes;
use testkit::outbox::{Append, World, leases, rows};

use super::scratch;
use crate::{MongoOutbox, outbox};

async fn world() -> World {
    let (database, scratch) = scratch().await;
    database.migrate(&[outbox::MIGRATIONS]).await.unwrap();
    let outbox = Arc::new(MongoOutbox::new(database.clone()));
    let append: Append = Box::new(move |event| {
        let database = database.clone();
        Box::pin(async move {
            database.transaction(event, |t, event| Box::pin(t.append(event))).await.unwrap();
        })
    });
    World::new(outbox, append, scratch)
}

#[tokio::test]
async fn mongodb_keeps_the_contract_of_rows() {
    passes(rows(), world).await;
}

#[tokio::test]
async fn mongodb_keeps_the_contract_of_leases() {
    passes(leases(), world).await;
}

#[tokio::test]
async fn rows_that_only_a_newer_version_can_send_hold_up_nobody() {
    let (database, _scratch) = scratch().await;
    database.migrate(&[outbox::MIGRATIONS]).await.unwrap();
    let outbox = MongoOutbox::new(database.clone());
    let event = |subject: &str| {
        let (ambient, text) = (Ambient::system(), subject.to_owned());
        Event::new(&ambient, Topic::Machine, ServiceName::Machines, "machine.updated", subject, 1, &text)
    };
    for subject in ["later", "redis"] {
        let append = database.transaction(event(subject), |t, event| Box::pin(t.append(event)));
        append.await.unwrap();
    }
    let newer = doc! { "$set": { "topic": "berth.later.v1" } };
    database.collection("outbox").update_one(doc! { "subject": "later" }, newer).await.unwrap();
    let rows = outbox.unsent(&Shard::all().collect::<Vec<_>>(), 1).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.event.subject.as_str()).collect::<Vec<_>>(), ["redis"]);
    assert_eq!(outbox.lag().await.unwrap().rows, 2);
}

#[tokio::test]
async fn relays_that_ended_without_a_word_are_forgotten_by_the_server() {
    let (database, _scratch) = scratch().await;
    database.migrate(&[outbox::MIGRATIONS]).await.unwrap();
    let indexes: Vec<_> =
        database.collection("outbox_relays").list_indexes().await.unwrap().try_collect().await.unwrap();
    let expiries: Vec<_> = indexes.into_iter().filter_map(|index| index.options?.expire_after).collect();
    assert_eq!(expiries, [std::time::Duration::from_secs(3600)]);
}
