//! Several replicas of the feed on one keyspace.

use std::sync::Arc;

use kit::{Act, Ambient, CommentId, MachineId, UserId};
use tokio::task::JoinSet;

use super::{CassandraFeed, Keyspace, shared};
use crate::domain::{CommentText, Draft, Effect, Life, Pace, Person, Stance};
use crate::ports::{CommentStore as _, CountStore as _, Intake, LikeStore as _, PeopleStore as _};

async fn replicas(keyspace: &Keyspace) -> Vec<Arc<CassandraFeed>> {
    futures::future::join_all((0..3).map(|_| keyspace.feed())).await
}

#[tokio::test]
async fn thirty_likes_and_comments_over_three_replicas_are_counted_exactly() {
    let test = |keyspace: Keyspace| async move {
        let (replicas, ambient) = (replicas(&keyspace).await, Ambient::system());
        let machine = MachineId::mint(&ambient);
        let mut work = JoinSet::new();
        for turn in 0..30 {
            let (feed, user, at) = (replicas[turn % 3].clone(), UserId::mint(&ambient), ambient.now());
            let text = CommentText::parse("good").unwrap();
            let draft = Draft { id: CommentId::mint(&ambient), machine, text, at };
            work.spawn(async move {
                feed.set(user, machine, Some(Stance::Like), at).await.unwrap();
                let act = Act::anonymous("comment.create", "comment", draft.id);
                let pace = Pace { most: 9, within: std::time::Duration::from_secs(1) };
                feed.create(user, &draft, pace, &act).await.unwrap();
            });
        }
        work.join_all().await;
        let counts = replicas[0].counts(&[machine]).await.unwrap()[0];
        assert_eq!((counts.likes, counts.comments), (30, 30));
    };
    shared(test).await;
}

/// Whatever order the like and the deletion take, nothing of who is gone is left to count.
#[tokio::test]
async fn a_like_that_races_with_the_deletion_of_its_user_leaves_nothing() {
    let test = |keyspace: Keyspace| async move {
        let (replicas, ambient) = (replicas(&keyspace).await, Ambient::system());
        let machine = MachineId::mint(&ambient);
        let mut work = JoinSet::new();
        for turn in 0..30 {
            let (user, at) = (UserId::mint(&ambient), ambient.now());
            let (feed, other) = (replicas[turn % 3].clone(), replicas[(turn + 1) % 3].clone());
            work.spawn(async move {
                // Let in, or refused because they are gone: both are right.
                let _ = feed.set(user, machine, Some(Stance::Like), at).await;
            });
            work.spawn(async move {
                let gone = Effect::Person(Person { user, life: Life::Gone, revision: 2 });
                let (effects, letters) = (vec![gone], Vec::new());
                let intake = Intake { topic: bus::Topic::User, effects, letters, position: 1 };
                other.take("feed", intake).await.unwrap();
            });
        }
        work.join_all().await;
        let counts = replicas[0].counts(&[machine]).await.unwrap()[0];
        assert_eq!((counts.likes, counts.dislikes), (0, 0));
    };
    shared(test).await;
}
