//! The suites of the feed's ports, and a store that writes without conditions, which fails them.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Outbox as _, Record, Shard, Source, Topic};
use kit::{Failure, MachineId, ServiceName, Timestamp, UserId};
use testkit::{Case, TestClock, contract};
use tokio::sync::watch;

use super::super::tally::{Change, Tally};
use super::{CassandraFeed, Keyspace, shared};
use crate::contract::{World, comments::comments, counts::counts, likes::likes, people::people};
use crate::domain::{Opinion, Stance, Standing};
use crate::ports::LikeStore;

/// The acts that wait in the outbox, in the order of their commits.
struct Acts(Arc<CassandraFeed>);

#[async_trait]
impl Source for Acts {
    fn topic(&self) -> Topic {
        Topic::Audit(ServiceName::Feed)
    }

    async fn after(&self, position: u64, limit: u32) -> Result<Vec<Record>, Failure> {
        let shards: Vec<Shard> = Shard::all().collect();
        let mut unsent = self.0.unsent(&shards, 100_000).await?;
        // A key says when its row was written, by Paxos' clock, which never goes back in a partition.
        unsent.sort_by(|one, other| one.key.0[17..].cmp(&other.key.0[17..]));
        let records = (1..).zip(unsent).map(|(position, row)| Record { position, event: row.event });
        Ok(records.skip_while(|record| record.position <= position).take(limit as usize).collect())
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes()
    }
}

fn world(feed: &Arc<CassandraFeed>) -> World {
    let clock = TestClock::default();
    World {
        likes: feed.clone(),
        comments: feed.clone(),
        counts: feed.clone(),
        people: feed.clone(),
        acts: Arc::new(Acts(feed.clone())),
        ambient: clock.ambient(),
        clock,
        keep: Box::new(()),
    }
}

/// Every case has users and machines of its own, so that one keyspace serves all.
async fn keeps(suite: Vec<Case<World>>) {
    let test = |keyspace: Keyspace| async move {
        let feed = keyspace.feed().await;
        contract::passes(suite, || async { world(&feed) }).await;
    };
    shared(test).await;
}

#[tokio::test]
async fn cassandra_keeps_the_contract_of_likes() {
    keeps(likes()).await;
}

#[tokio::test]
async fn cassandra_keeps_the_contract_of_comments() {
    keeps(comments()).await;
}

#[tokio::test]
async fn cassandra_keeps_the_contract_of_counts() {
    keeps(counts()).await;
}

#[tokio::test]
async fn cassandra_keeps_the_contract_of_people() {
    keeps(people()).await;
}

/// Reckons as the right one does, and writes without asking for a version.
struct Unconditional(Arc<CassandraFeed>, String);

#[async_trait]
impl LikeStore for Unconditional {
    async fn standing(&self, asker: Option<UserId>, machine: MachineId) -> Result<Standing, Failure> {
        self.0.standing(asker, machine).await
    }

    async fn set(
        &self,
        user: UserId,
        machine: MachineId,
        stance: Option<Stance>,
        at: Timestamp,
    ) -> Result<Standing, Failure> {
        let Standing { likes, dislikes, mine } = self.0.standing(Some(user), machine).await?;
        let stances = mine.map(|mine| (user, mine)).into_iter().collect();
        let tally = Tally { likes: likes.cast_signed(), dislikes: dislikes.cast_signed(), stances, version: None };
        let tally = tally.reckon(&[Change::Set(user, stance, at)], &std::collections::BTreeSet::new()).tally;
        let Self(feed, keyspace) = self;
        let (likes, dislikes, one) = (tally.likes, tally.dislikes, stance.map_or(0, |_| 1));
        feed.link
            .run(&format!(
                "INSERT INTO {keyspace}.likes (machine_id, user_id, stance, at, likes, dislikes)
                 VALUES ({machine}, {user}, {one}, 0, {likes}, {dislikes})"
            ))
            .await?;
        self.0.standing(Some(user), machine).await
    }

    async fn of_user(&self, user: UserId, limit: u32) -> Result<Vec<Opinion>, Failure> {
        self.0.of_user(user, limit).await
    }
}

#[tokio::test]
async fn a_store_without_conditions_loses_likes() {
    let lost = "a_hundred_users_at_once_are_a_hundred_likes";
    let test = |keyspace: Keyspace| async move {
        let feed = keyspace.feed().await;
        let cases = likes().into_iter().filter(|case| case.name == lost).collect();
        let fresh = || async {
            let wrong = Arc::new(Unconditional(feed.clone(), keyspace.0.keyspace.clone()));
            World { likes: wrong, ..world(&feed) }
        };
        contract::fails(cases, fresh, &[lost]).await;
    };
    shared(test).await;
}
