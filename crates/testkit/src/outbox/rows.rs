//! The contract of `Outbox`: what was announced waits until it was taken away, in the order that readers need.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bus::{Key, Lag, Shard, Unsent, shard_of};
use futures::future::join_all;
use kit::EventId;

use super::{World, all, shards};
use crate::contract;

/// Each subject's revisions in the order that they came.
fn by_subject(rows: &[Unsent]) -> BTreeMap<&str, Vec<u64>> {
    let mut found: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for row in rows {
        found.entry(&row.event.subject).or_default().push(row.event.revision);
    }
    found
}

fn keys(rows: &[Unsent]) -> Vec<Key> {
    rows.iter().map(|row| row.key.clone()).collect()
}

fn ids(rows: &[Unsent]) -> BTreeSet<EventId> {
    rows.iter().map(|row| row.event.id).collect()
}

contract! {
    /// What every `Outbox` must do with events.
    pub fn rows(world: World) {
        async fn an_event_waits_as_it_was_announced() {
            let mut event = world.event("ada", 7);
            event.trace.request_id = Some("r".to_owned());
            event.trace.traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
            (world.append)(event.clone()).await;
            let mut act = world.event("act", 1);
            act.topic = bus::Topic::Audit(kit::ServiceName::User);
            act.data = vec![0, 255, 10];
            (world.append)(act.clone()).await;
            let mut found: Vec<_> = world.unsent().await.into_iter().map(|row| row.event).collect();
            found.sort_by_key(|event| event.topic);
            assert_eq!(found, [event, act]);
        }

        async fn reading_takes_nothing_away() {
            world.announce("ada", 1).await;
            for _ in 0..2 {
                assert_eq!(world.unsent().await.len(), 1);
            }
        }

        async fn what_was_sent_is_gone_and_nothing_else() {
            for revision in 1..=3 {
                world.announce("ada", revision).await;
            }
            let rows = world.unsent().await;
            world.outbox.sent(&keys(&rows[..1])).await.unwrap();
            assert_eq!(by_subject(&world.unsent().await)["ada"], [2, 3]);
        }

        /// A row whose transaction took long has a lower number than those that were sent already.
        async fn what_was_left_behind_is_still_unsent() {
            let left = world.announce("ada", 1).await;
            for subject in ["bob", "eve"] {
                world.announce(subject, 1).await;
            }
            let rows = world.unsent().await;
            let others: Vec<_> = rows.into_iter().filter(|row| row.event.id != left.id).collect();
            world.outbox.sent(&keys(&others)).await.unwrap();
            assert_eq!(ids(&world.unsent().await), BTreeSet::from([left.id]));
        }

        async fn sending_twice_is_no_failure() {
            world.announce("ada", 1).await;
            let rows = world.unsent().await;
            for _ in 0..2 {
                world.outbox.sent(&keys(&rows)).await.unwrap();
            }
            world.outbox.sent(&[]).await.unwrap();
            assert_eq!(world.unsent().await, []);
        }

        async fn only_the_shards_that_are_asked_for_come() {
            let mut announced = BTreeMap::new();
            for shard in Shard::all() {
                announced.insert(shard, world.announce(&world.subject_in(shard), 1).await.id);
            }
            for asked in [shards([0]), shards([3, 15]), all(), Vec::new()] {
                let rows = world.outbox.unsent(&asked, 100).await.unwrap();
                assert_eq!(ids(&rows), asked.iter().map(|shard| announced[shard]).collect(), "{asked:?}");
            }
        }

        async fn a_subject_s_events_come_in_the_order_of_their_commits() {
            let subjects = ["ada", "bob", "eve", "dan"];
            join_all(subjects.map(|subject| {
                let world = &world;
                async move {
                    for revision in 1..=25 {
                        world.announce(subject, revision).await;
                    }
                }
            }))
            .await;
            let rows = world.unsent().await;
            assert_eq!(by_subject(&rows), subjects.map(|subject| (subject, (1..=25).collect())).into());
        }

        async fn a_limit_gives_a_subject_s_oldest() {
            for revision in 1..=5 {
                for subject in ["ada", "bob"] {
                    world.announce(subject, revision).await;
                }
            }
            let mut seen: BTreeMap<String, u64> = BTreeMap::new();
            loop {
                let rows = world.outbox.unsent(&all(), 3).await.unwrap();
                if rows.is_empty() {
                    break;
                }
                assert!(rows.len() <= 3, "{} rows", rows.len());
                for row in &rows {
                    let last = seen.entry(row.event.subject.clone()).or_default();
                    *last += 1;
                    assert_eq!(row.event.revision, *last, "a row came before an older one of its subject");
                }
                world.outbox.sent(&keys(&rows)).await.unwrap();
            }
            assert_eq!(seen, [("ada".to_owned(), 5), ("bob".to_owned(), 5)].into());
        }

        async fn many_announcements_at_once_are_all_there() {
            let announced: Vec<_> = (0..100).map(|n| format!("s{n}")).collect();
            let events = join_all(announced.iter().map(|subject| world.announce(subject, 1))).await;
            assert_eq!(ids(&world.unsent().await), events.iter().map(|event| event.id).collect());
        }

        async fn the_lag_says_how_many_wait_and_since_when() {
            assert_eq!(world.outbox.lag().await.unwrap(), Lag::default());
            let first = world.announce("ada", 1).await;
            for subject in ["bob", "eve"] {
                world.announce(subject, 1).await;
            }
            assert_eq!(world.outbox.lag().await.unwrap(), Lag { rows: 3, oldest: Some(first.at) });
            world.outbox.sent(&keys(&world.unsent().await)).await.unwrap();
            assert_eq!(world.outbox.lag().await.unwrap(), Lag::default());
        }

        async fn an_announcement_wakes() {
            let mut changes = world.outbox.changes();
            changes.mark_unchanged();
            world.announce("ada", 1).await;
            tokio::time::timeout(Duration::from_secs(10), changes.changed()).await.unwrap().unwrap();
            assert_eq!(world.outbox.unsent(&[shard_of("ada")], 10).await.unwrap().len(), 1);
        }
    }
}
