//! The suites of the outbox, and marks of announcements that never came. All want the outbox empty, so they take turns with
//! one keyspace.

use std::sync::Arc;
use std::time::Duration;

use bus::{Event, Outbox as _, Shard, Topic, shard_of};
use futures::FutureExt as _;
use kit::{Ambient, MachineId, ServiceName};
use testkit::{Case, contract, outbox};
use tokio::sync::Mutex;

use super::super::link::Outcome;
use super::super::outbox::{Marked, mark};
use super::{CassandraFeed, Keyspace, alone, machine_of};

#[tokio::test]
async fn cassandra_keeps_the_contract_of_outboxes() {
    let test = |keyspace: Keyspace| async move {
        let feed = keyspace.feed().await;
        passes(&keyspace, &feed, outbox::rows()).await;
        passes(&keyspace, &feed, outbox::leases()).await;
        empty(&keyspace, &feed).await;
        a_mark_without_its_row_is_waited_for_and_then_its_batch_cannot_come_any_more(&feed).await;
        empty(&keyspace, &feed).await;
        a_batch_that_is_tried_again_after_its_mark_was_forgotten_is_found(&feed).await;
        empty(&keyspace, &feed).await;
        marks_that_lead_to_nothing_do_not_hide_what_waits_behind_them(&feed).await;
    };
    alone(test).await;
}

async fn passes(keyspace: &Keyspace, feed: &Arc<CassandraFeed>, suite: Vec<Case<outbox::World>>) {
    let turns = Arc::new(Mutex::new(()));
    let fresh = || async {
        let turn = turns.clone().lock_owned().await;
        empty(keyspace, feed).await;
        let appending = feed.clone();
        let append: outbox::Append = Box::new(move |event| {
            let feed = appending.clone();
            async move { feed.announce(event).await }.boxed()
        });
        outbox::World::new(feed.clone(), append, turn)
    };
    contract::passes(suite, fresh).await;
}

async fn empty(keyspace: &Keyspace, feed: &CassandraFeed) {
    for table in ["comments", "outbox_mark", "outbox_lease", "outbox_relay"] {
        feed.link.run(&format!("TRUNCATE {}.{table}", keyspace.0.keyspace)).await.unwrap();
    }
}

fn event(ambient: &Ambient, age: Duration) -> Event {
    let topic = Topic::Audit(ServiceName::Feed);
    let mut event = Event::new(ambient, topic, ServiceName::Feed, "audit.recorded", "s", 1, &String::new());
    event.at = event.at.minus(age);
    event
}

/// Of the first batch of a machine's partition.
const fn first_of(machine: MachineId) -> Marked {
    Marked { machine, first: 1, next: 1 }
}

async fn a_mark_without_its_row_is_waited_for_and_then_its_batch_cannot_come_any_more(feed: &CassandraFeed) {
    let (link, ambient) = (&*feed.link, Ambient::system());
    let shards: Vec<Shard> = Shard::all().collect();
    let machine = MachineId::mint(&ambient);
    mark(link, first_of(machine), &event(&ambient, Duration::ZERO)).await.unwrap();
    assert_eq!(feed.unsent(&shards, 10).await.unwrap(), []);
    assert_eq!(feed.lag().await.unwrap().rows, 1, "a batch may be under way");

    let other = MachineId::mint(&ambient);
    mark(link, first_of(other), &event(&ambient, Duration::from_secs(3600))).await.unwrap();
    assert_eq!(feed.unsent(&shards, 10).await.unwrap(), []);
    assert_eq!(feed.lag().await.unwrap().rows, 1, "what is not awaited any more is forgotten");
    // The batch that the mark was for read the partition when nobody had written there.
    let late = link.change(&link.statements.fence, (1_i64, other.as_uuid(), None::<i64>)).await.unwrap();
    assert_eq!(late, Outcome::Lost);
}

/// As by a process that was stopped between its mark and its batch for longer than marks are waited for.
async fn a_batch_that_is_tried_again_after_its_mark_was_forgotten_is_found(feed: &CassandraFeed) {
    let ambient = Ambient::system();
    let late = event(&ambient, Duration::from_secs(3600));
    mark(&feed.link, first_of(machine_of(&late)), &late).await.unwrap();
    let shards = [shard_of(&late.subject)];
    assert_eq!(feed.unsent(&shards, 10).await.unwrap(), []);
    assert_eq!(feed.lag().await.unwrap().rows, 0);
    feed.announce(late.clone()).await;
    let found = feed.unsent(&shards, 10).await.unwrap();
    assert_eq!(found.iter().map(|row| &row.event).collect::<Vec<_>>(), [&late]);
    feed.sent(&[found[0].key.clone()]).await.unwrap();
    assert_eq!(feed.lag().await.unwrap().rows, 0);
}

async fn marks_that_lead_to_nothing_do_not_hide_what_waits_behind_them(feed: &CassandraFeed) {
    let (link, ambient) = (&*feed.link, Ambient::system());
    for _ in 0..600 {
        mark(link, first_of(MachineId::mint(&ambient)), &event(&ambient, Duration::ZERO)).await.unwrap();
    }
    let waits = event(&ambient, Duration::ZERO);
    feed.announce(waits.clone()).await;
    let found = feed.unsent(&[shard_of("s")], 1).await.unwrap();
    assert_eq!(found.into_iter().map(|row| row.event).collect::<Vec<_>>(), [waits]);
}
