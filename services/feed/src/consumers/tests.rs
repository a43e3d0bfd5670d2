//! From events as others announce them to what stands beside a comment.

use bus::{Event, Topic};
use kit::{Act, Ambient, CommentId, PageRequest, UserId};

use crate::config::FeedConfig;
use crate::domain::{Author, CommentText, Draft, Presence};
use crate::ports::CommentStore as _;
use crate::testing::Bench;

impl Bench {
    async fn says_something(&self, user: UserId) {
        let ambient: &Ambient = &self.ambient;
        let text = CommentText::parse("hello").unwrap();
        let draft = Draft { id: CommentId::mint(ambient), machine: self.machine, text, at: ambient.now() };
        let act = Act::anonymous("comment.create", "comment", draft.id);
        self.store.create(user, &draft, FeedConfig::default().comment_pace, &act).await.unwrap();
    }

    async fn author(&self) -> Author {
        let page = PageRequest { limit: 1, after: None };
        self.store.list(self.machine, &page).await.unwrap().items.remove(0).author
    }
}

#[tokio::test]
async fn a_user_has_a_name_until_they_ask_to_go() {
    let (bench, user) = (Bench::start().await, UserId::mint(&Ambient::system()));
    bench.says_something(user).await;
    bench.hear(Topic::User, vec![bench.ada(user, 1, |_| ())]).await;
    assert_eq!(bench.author().await.name(), "Ada L.");
    bench.hear(Topic::User, vec![bench.ada(user, 2, |ada| ada.deleting = true)]).await;
    assert_eq!(bench.author().await.presence, Presence::Deleted);
    bench.hear(Topic::User, vec![bench.ada(user, 3, |ada| ada.deleted = true)]).await;
    assert_eq!(bench.author().await.name(), "deleted user");
}

#[tokio::test]
async fn a_badge_comes_with_the_first_run_and_not_before() {
    for (state, started, badge) in [
        ("requested", false, false),
        ("failed", false, false),
        ("running", false, true),
        ("running", true, true),
        // The newest event alone is enough, as after a compaction.
        ("removed", true, true),
    ] {
        let (bench, user) = (Bench::start().await, UserId::mint(&Ambient::system()));
        bench.says_something(user).await;
        bench.hear(Topic::Allocation, vec![bench.allocation(user, state, started)]).await;
        assert_eq!(bench.author().await.has_run, badge, "{state} {started}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_put_aside_and_holds_up_nobody() {
    let (bench, user) = (Bench::start().await, UserId::mint(&Ambient::system()));
    bench.says_something(user).await;
    let good = bench.ada(user, 1, |_| ());
    let broken = Event { data: vec![0xff], ..good.clone() };
    let nobody = Event { data: Vec::new(), ..good.clone() };
    let unknown = Event { kind: "tenant.created".into(), ..broken.clone() };
    bench.hear(Topic::User, vec![broken, nobody, unknown, good]).await;
    assert_eq!(bench.author().await.name(), "Ada L.");
    assert_eq!(bench.service.consumers[0].consumer.position(Topic::User).await.unwrap(), 4);
    let letters: i64 = sql::query_scalar("SELECT COUNT(*) FROM dead_letter WHERE consumer = 'feed'")
        .fetch_one(bench.database.readers())
        .await
        .unwrap();
    assert_eq!(letters, 2);
}
