//! The outbox keeps the contract of all outboxes.

use std::sync::Arc;

use futures::TryStreamExt as _;
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
async fn relays_that_ended_without_a_word_are_forgotten_by_the_server() {
    let (database, _scratch) = scratch().await;
    database.migrate(&[outbox::MIGRATIONS]).await.unwrap();
    let indexes: Vec<_> =
        database.collection("outbox_relays").list_indexes().await.unwrap().try_collect().await.unwrap();
    let expiries: Vec<_> = indexes.into_iter().filter_map(|index| index.options?.expire_after).collect();
    assert_eq!(expiries, [std::time::Duration::from_secs(3600)]);
}
