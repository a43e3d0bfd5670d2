//! The contract on SQLite; and on stores that break one rule each, as proof that its cases can fail.

use std::sync::Arc;

use async_trait::async_trait;
use bus::Topic;
use kit::{Failure, Timestamp};
use sqlite::Database;
use testkit::TestClock;
use testkit::contract::{fails, passes};

use super::SqliteDeliveries;
use super::sqlite::MIGRATIONS;
use crate::contract::{World, deliveries};
use crate::domain::{Delivery, DeliveryId, Outcome};
use crate::ports::{Batch, Deliveries, Inbox, Status};

async fn fresh() -> (Arc<SqliteDeliveries>, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::open(&directory.path().join("t.db"), &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
    (Arc::new(SqliteDeliveries::open(database).await.unwrap()), directory)
}

async fn sqlite() -> World {
    let (store, directory) = fresh().await;
    let ambient = TestClock::default().ambient();
    World { inbox: store.clone(), deliveries: store, ambient, keep: Box::new(directory) }
}

/// A store with one rule broken.
#[derive(Clone, Copy, PartialEq)]
enum Broken {
    HoldsNothing,
    NeverEnds,
    ForgetsThePosition,
    TakesOnlyOne,
}

struct Wrong {
    inner: Arc<SqliteDeliveries>,
    broken: Broken,
}

async fn wrong(broken: Broken) -> World {
    let (inner, directory) = fresh().await;
    let store = Arc::new(Wrong { inner, broken });
    let ambient = TestClock::default().ambient();
    World { inbox: store.clone(), deliveries: store, ambient, keep: Box::new(directory) }
}

#[async_trait]
impl Inbox for Wrong {
    async fn position(&self, consumer: &str, topic: Topic) -> Result<u64, Failure> {
        let position = self.inner.position(consumer, topic).await?;
        Ok(if self.broken == Broken::ForgetsThePosition { 0 } else { position })
    }

    async fn take(&self, consumer: &'static str, mut batch: Batch) -> Result<u64, Failure> {
        if self.broken == Broken::TakesOnlyOne {
            batch.deliveries.truncate(1);
        }
        self.inner.take(consumer, batch).await
    }
}

#[async_trait]
impl Deliveries for Wrong {
    async fn claim(&self, at: Timestamp, hold_until: Timestamp, limit: u32) -> Result<Vec<Delivery>, Failure> {
        let hold_until = if self.broken == Broken::HoldsNothing { at } else { hold_until };
        self.inner.claim(at, hold_until, limit).await
    }

    async fn record(&self, id: DeliveryId, outcome: Outcome, at: Timestamp) -> Result<(), Failure> {
        let outcome = if self.broken == Broken::NeverEnds { Outcome::Retry { at } } else { outcome };
        self.inner.record(id, outcome, at).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, Failure> {
        self.inner.next_due().await
    }

    async fn forget(&self, before: Timestamp) -> Result<u64, Failure> {
        self.inner.forget(before).await
    }

    async fn status(&self, id: DeliveryId) -> Result<Option<Status>, Failure> {
        self.inner.status(id).await
    }
}

#[tokio::test]
async fn sqlite_keeps_the_contract() {
    passes(deliveries(), sqlite).await;
}

#[tokio::test]
async fn a_store_that_holds_nothing_is_found_out() {
    let cases = ["a_hundred_claims_at_once_get_a_delivery_once", "what_is_claimed_is_held_for_its_time"];
    fails(deliveries(), || wrong(Broken::HoldsNothing), &cases).await;
}

#[tokio::test]
async fn a_store_that_never_ends_a_delivery_is_found_out() {
    let cases = [
        "a_retry_waits_and_keeps_the_code",
        "every_end_wipes_the_code",
        "only_what_ended_before_is_forgotten",
        "the_same_cause_after_it_was_sent_is_no_second_delivery",
        "what_ended_stays_as_it_ended",
    ];
    fails(deliveries(), || wrong(Broken::NeverEnds), &cases).await;
}

#[tokio::test]
async fn a_store_that_forgets_its_position_is_found_out() {
    let cases = ["the_position_moves_with_the_batch_and_never_back"];
    fails(deliveries(), || wrong(Broken::ForgetsThePosition), &cases).await;
}

#[tokio::test]
async fn a_store_that_takes_only_the_first_is_found_out() {
    let cases = ["the_same_cause_is_one_delivery_for_each_recipient_and_channel"];
    fails(deliveries(), || wrong(Broken::TakesOnlyOne), &cases).await;
}

#[tokio::test]
async fn what_a_dead_process_held_is_free_when_the_file_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.db");
    let database = Database::open(&path, &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
    let store = SqliteDeliveries::open(database.clone()).await.unwrap();
    let delivery = crate::domain::delivery::tests::delivery(&TestClock::default().ambient());
    let batch = Batch { topic: Topic::Notification, up_to: 1, deliveries: vec![delivery.clone()], unreadable: vec![] };
    store.take("c", batch).await.unwrap();
    let at = delivery.created_at;
    assert_eq!(store.claim(at, delivery.expires_at, 1).await.unwrap().len(), 1);
    database.close().await;
    let database = Database::open(&path, &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
    let again = SqliteDeliveries::open(database).await.unwrap().claim(at, delivery.expires_at, 1).await.unwrap();
    assert_eq!(again.iter().map(|again| (again.id, again.attempts)).collect::<Vec<_>>(), [(delivery.id, 2)]);
}
