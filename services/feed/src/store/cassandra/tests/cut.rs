//! Conditional batches whose outcome is unknown: it is found out, or said to be unknown, and nothing happens twice.

use std::sync::Arc;
use std::time::Duration;

use bus::{Outbox as _, Shard};
use kit::{Act, Ambient, CommentId, ErrorCode, Left, MachineId, UserId};
use prost::Message as _;
use proto::v1::AuditRecorded;

use super::proxy::{Fate, Mode, Proxy};
use super::{CassandraFeed, Keyspace, shared};
use crate::domain::{CommentText, Counts, Draft, Pace, Stance, Standing};
use crate::ports::{CommentStore as _, CountStore as _, LikeStore as _};

const LIKED: Standing = Standing { likes: 1, dislikes: 0, mine: Some(Stance::Like) };

/// A feed behind a proxy.
struct Bench {
    proxy: Proxy,
    feed: Arc<CassandraFeed>,
    ambient: Ambient,
    user: UserId,
    machine: MachineId,
}

impl Bench {
    async fn with<F: Future<Output = ()>>(test: impl FnOnce(Self) -> F) {
        Self::with_operation(Duration::from_secs(60), test).await;
    }

    async fn with_operation<F: Future<Output = ()>>(operation: Duration, test: impl FnOnce(Self) -> F) {
        let run = |keyspace: Keyspace| async move {
            let (proxy, mut behind) = keyspace.behind_proxy().await;
            behind.0.operation = operation;
            let (feed, ambient) = (behind.feed().await, Ambient::system());
            let (user, machine) = (UserId::mint(&ambient), MachineId::mint(&ambient));
            test(Self { proxy, feed, ambient, user, machine }).await;
        };
        shared(run).await;
    }

    async fn like(&self, user: UserId) -> Result<Standing, kit::Failure> {
        self.feed.set(user, self.machine, Some(Stance::Like), self.ambient.now()).await
    }

    fn draft(&self) -> Draft {
        let text = CommentText::parse("good").unwrap();
        Draft { id: CommentId::mint(&self.ambient), machine: self.machine, text, at: self.ambient.now() }
    }

    async fn say(&self, draft: &Draft) {
        let pace = Pace { most: 9, within: Duration::from_secs(1) };
        self.feed.create(self.user, draft, pace, &act(draft.id)).await.unwrap();
    }

    async fn counts(&self) -> Counts {
        self.feed.counts(&[self.machine]).await.unwrap()[0]
    }

    /// How many acts about a comment wait to be sent.
    async fn announced(&self, id: CommentId) -> usize {
        let unsent = self.feed.unsent(&Shard::all().collect::<Vec<_>>(), 100_000).await.unwrap();
        let acts = unsent.iter().map(|row| AuditRecorded::decode(row.event.data.as_slice()).unwrap());
        acts.filter(|act| act.subject_id == id.to_string()).count()
    }
}

fn act(id: CommentId) -> Act {
    Act::anonymous("comment.create", "comment", id)
}

#[tokio::test]
async fn a_like_counts_once_whichever_way_the_connection_breaks() {
    Bench::with(|bench| async move {
        bench.proxy.fates([Fate::LosesItsAnswer]);
        assert_eq!(bench.like(bench.user).await.unwrap(), LIKED);
        bench.proxy.fates([Fate::IsLost, Fate::IsLost, Fate::LosesItsAnswer]);
        let other = UserId::mint(&bench.ambient);
        assert_eq!(bench.like(other).await.unwrap(), Standing { likes: 2, ..LIKED });
        assert_eq!(bench.counts().await.likes, 2);
    })
    .await;
}

#[tokio::test]
async fn a_batch_that_comes_late_finds_that_others_were_there() {
    Bench::with(|bench| async move {
        bench.proxy.fates([Fate::ComesLate]);
        assert_eq!(bench.like(bench.user).await.unwrap(), LIKED);
        bench.feed.set(bench.user, bench.machine, None, bench.ambient.now()).await.unwrap();
        bench.proxy.let_the_late_arrive().await;
        assert_eq!(bench.feed.standing(Some(bench.user), bench.machine).await.unwrap(), Standing::default());
    })
    .await;
}

#[tokio::test]
async fn a_comment_is_there_once_and_announced_once_whichever_way_the_connection_breaks() {
    Bench::with(|bench| async move {
        // The first batch is the author's pace.
        bench.proxy.fates([Fate::LosesItsAnswer, Fate::LosesItsAnswer]);
        let draft = bench.draft();
        bench.say(&draft).await;
        bench.proxy.fates([Fate::IsLost, Fate::IsLost]);
        let other = bench.draft();
        bench.say(&other).await;
        assert_eq!(bench.counts().await.comments, 2);
        assert_eq!((bench.announced(draft.id).await, bench.announced(other.id).await), (1, 1));
        bench.proxy.fates([Fate::LosesItsAnswer]);
        assert!(bench.feed.delete(bench.user, bench.machine, draft.id, &act(draft.id)).await.unwrap());
        assert!(!bench.feed.delete(bench.user, bench.machine, draft.id, &act(draft.id)).await.unwrap());
        assert_eq!((bench.counts().await.comments, bench.announced(draft.id).await), (1, 2));
    })
    .await;
}

#[tokio::test]
async fn an_edit_is_announced_once_whichever_way_the_connection_breaks() {
    Bench::with(|bench| async move {
        let draft = bench.draft();
        bench.say(&draft).await;
        bench.proxy.fates([Fate::LosesItsAnswer]);
        let edited = Draft { text: CommentText::parse("better").unwrap(), ..draft };
        let comment = bench.feed.edit(bench.user, &edited, &act(edited.id)).await.unwrap().unwrap();
        assert_eq!((comment.text.as_str(), comment.edited_at), ("better", Some(edited.at)));
        assert_eq!(bench.announced(edited.id).await, 2);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_found_out_is_said_to_be_unknown() {
    Bench::with_operation(Duration::from_secs(6), |bench| async move {
        let mut answered = bench.proxy.answered();
        bench.proxy.fates([Fate::LosesItsAnswer]);
        let cutting = async {
            answered.wait_for(|answered| *answered == 1).await.unwrap();
            bench.proxy.set(Mode::Closed);
        };
        let (liked, ()) = tokio::join!(bench.like(bench.user), cutting);
        let failure = liked.unwrap_err();
        assert_eq!((failure.code, failure.left), (ErrorCode::StoreUnavailable, Left::Unknown));
        bench.proxy.set(Mode::Open);
        let standing = || async { bench.feed.standing(Some(bench.user), bench.machine).await.ok() };
        testkit::until(standing, |standing| *standing == Some(LIKED)).await;
        assert_eq!(bench.like(bench.user).await.unwrap(), LIKED);
    })
    .await;
}
