//! What was removed lies in its partition for days. Cassandra refuses to read over too much of it, so nothing that is asked
//! often may have to: else one busy author stops a machine's comments, or the relay.

use std::time::Duration;

use bus::{Event, Outbox as _, Shard, Topic, shard_of};
use kit::{Act, Ambient, CommentId, MachineId, ServiceName, UserId};
use scylla::serialize::row::SerializeRow;
use scylla::statement::prepared::PreparedStatement;
use testkit::until;

use super::{CassandraFeed, Keyspace, alone};
use crate::domain::{CommentText, Draft, Pace};
use crate::ports::CommentStore as _;

const PACE: Pace = Pace { most: 1000, within: Duration::from_secs(1) };
const TURNS: usize = 10;

#[tokio::test]
async fn what_is_asked_often_walks_over_no_graves() {
    let test = |keyspace: Keyspace| async move {
        let (feed, ambient) = (keyspace.feed().await, Ambient::system());
        let (author, machine) = (UserId::mint(&ambient), MachineId::mint(&ambient));
        let text = CommentText::parse("good").unwrap();
        for _ in 0..TURNS {
            let draft = Draft { id: CommentId::mint(&ambient), machine, text: text.clone(), at: ambient.now() };
            feed.create(author, &draft, PACE, &act(draft.id)).await.unwrap();
            assert!(feed.delete(author, machine, draft.id, &act(draft.id)).await.unwrap());
            send_all(&feed).await;
        }
        let statements = &feed.link.statements;
        assert_eq!(graves(&feed, &statements.comments_state, (machine.as_uuid(),)).await, 0);

        // One batch for each change, and nothing else moves the version.
        let next = i64::try_from(2 * TURNS + 1).unwrap().to_be_bytes().to_vec();
        let (mut all, mut from_mark) = (0, 0);
        for shard in Shard::all() {
            let from = |key: Vec<u8>| (machine.as_uuid(), shard.number().cast_signed(), key, 100_i32);
            all += graves(&feed, &statements.unsent_list, from(Vec::new())).await;
            from_mark += graves(&feed, &statements.unsent_list, from(next.clone())).await;
        }
        assert_eq!((all, from_mark), (2 * TURNS, 0));
    };
    alone(test).await;
}

/// A row that no mark leads to stands for what was sent: it is not looked at.
#[tokio::test]
async fn the_relay_reads_from_the_oldest_mark_on() {
    let test = |keyspace: Keyspace| async move {
        let (feed, ambient) = (keyspace.feed().await, Ambient::system());
        let topic = Topic::Audit(ServiceName::Feed);
        let event = || Event::new(&ambient, topic, ServiceName::Feed, "audit.recorded", "s", 1, &String::new());
        feed.announce(event()).await;
        feed.link.run(&format!("TRUNCATE {}.outbox_mark", keyspace.0.keyspace)).await.unwrap();
        let wait = [event(), event()];
        for event in &wait {
            feed.announce(event.clone()).await;
        }
        let found = feed.unsent(&[shard_of("s")], 10).await.unwrap();
        assert_eq!(found.into_iter().map(|row| row.event).collect::<Vec<_>>(), wait);
    };
    alone(test).await;
}

fn act(id: CommentId) -> Act {
    Act::anonymous("comment.changed", "comment", id)
}

async fn send_all(feed: &CassandraFeed) {
    let unsent = feed.unsent(&Shard::all().collect::<Vec<_>>(), 1000).await.unwrap();
    let keys: Vec<_> = unsent.into_iter().map(|row| row.key).collect();
    feed.sent(&keys).await.unwrap();
}

async fn graves(feed: &CassandraFeed, statement: &PreparedStatement, values: impl SerializeRow) -> usize {
    let told = until(|| feed.link.graves(statement, &values), Option::is_some).await;
    told.unwrap()
}
