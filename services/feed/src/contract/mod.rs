//! What every backend of this service's ports must do: likes, comments, counts and people lie in one store, because the
//! deletion of a person touches them all.

pub mod comments;
pub mod counts;
pub mod likes;
pub mod people;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use bus::{Source, Topic};
use kit::{Act, Ambient, CommentId, Failure, MachineId, PageRequest, UserId};
use prost::Message as _;
use proto::v1::AuditRecorded;
use testkit::TestClock;

use crate::domain::{Comment, CommentText, Counts, Draft, Effect, Life, Pace, Person, Stance, Standing};
use crate::ports::{CommentStore, CountStore, Intake, LikeStore, PeopleStore};

/// More than any case comes to, where the pace is not what the case is about.
const ANY_PACE: Pace = Pace { most: 10_000, within: Duration::from_secs(1) };

/// A store for one case, by each of its ports. Cases may share it: each has users and machines of its own.
pub struct World {
    pub likes: Arc<dyn LikeStore>,
    pub comments: Arc<dyn CommentStore>,
    pub counts: Arc<dyn CountStore>,
    pub people: Arc<dyn PeopleStore>,
    /// The acts that the store announced.
    pub acts: Arc<dyn Source>,
    pub clock: TestClock,
    pub ambient: Ambient,
    /// Whatever has to live as long as the store.
    pub keep: Box<dyn Any + Send + Sync>,
}

impl World {
    fn user(&self) -> UserId {
        UserId::mint(&self.ambient)
    }

    fn machine(&self) -> MachineId {
        MachineId::mint(&self.ambient)
    }

    async fn set(&self, user: UserId, machine: MachineId, stance: Option<Stance>) -> Standing {
        self.likes.set(user, machine, stance, self.ambient.now()).await.unwrap()
    }

    /// A comment of a later time than all before.
    fn draft(&self, machine: MachineId, text: &str) -> Draft {
        self.clock.advance(Duration::from_millis(2));
        let text = CommentText::parse(text).unwrap();
        Draft { id: CommentId::mint(&self.ambient), machine, text, at: self.ambient.now() }
    }

    async fn try_say(&self, user: UserId, draft: &Draft, pace: Pace) -> Result<Comment, Failure> {
        self.comments.create(user, draft, pace, &act("comment.create", draft.id)).await
    }

    async fn say(&self, user: UserId, machine: MachineId, text: &str) -> Comment {
        self.try_say(user, &self.draft(machine, text), ANY_PACE).await.unwrap()
    }

    async fn edit(&self, user: UserId, machine: MachineId, id: CommentId, text: &str) -> Option<Comment> {
        self.clock.advance(Duration::from_secs(1));
        let draft = Draft { id, machine, text: CommentText::parse(text).unwrap(), at: self.ambient.now() };
        self.comments.edit(user, &draft, &act("comment.edit", id)).await.unwrap()
    }

    async fn delete(&self, user: UserId, machine: MachineId, id: CommentId) -> bool {
        self.comments.delete(user, machine, id, &act("comment.delete", id)).await.unwrap()
    }

    /// All comments of a machine in pieces of two.
    async fn listed(&self, machine: MachineId) -> Vec<Comment> {
        let mut all = Vec::new();
        let mut page = PageRequest { limit: 2, after: None };
        loop {
            let piece = self.comments.list(machine, &page).await.unwrap();
            assert!(piece.items.len() <= 2, "a piece is no longer than asked for");
            all.extend(piece.items);
            assert!(all.len() < 100, "a list ends");
            page.after = Some(match piece.next {
                Some(next) => next,
                None => return all,
            });
        }
    }

    async fn texts(&self, machine: MachineId) -> Vec<String> {
        self.listed(machine).await.into_iter().map(|comment| comment.text).collect()
    }

    /// Likes, dislikes and comments.
    async fn counted(&self, machine: MachineId) -> (u64, u64, u64) {
        let counts = self.counts.counts(&[machine]).await.unwrap();
        let [Counts { likes, dislikes, comments, .. }] = *counts else { panic!("one machine has one answer") };
        (likes, dislikes, comments)
    }

    async fn take(&self, topic: Topic, effects: Vec<Effect>) {
        self.people.take("case", Intake { topic, effects, letters: Vec::new(), position: 1 }).await.unwrap();
    }

    async fn person(&self, user: UserId, revision: u64, life: Life) {
        self.take(Topic::User, vec![Effect::Person(Person { user, life, revision })]).await;
    }

    async fn has_run(&self, user: UserId, machine: MachineId) {
        self.take(Topic::Allocation, vec![Effect::HasRun(user, machine)]).await;
    }

    /// What was announced of these comments; other cases may share the store.
    async fn acted(&self, of: &[CommentId]) -> Vec<(String, CommentId)> {
        let records = self.acts.after(0, 10_000).await.unwrap();
        let acts = records.iter().map(|record| AuditRecorded::decode(record.event.data.as_slice()).unwrap());
        let acts = acts.map(|act| (act.action, act.subject_id.parse().unwrap()));
        acts.filter(|(_, id)| of.contains(id)).collect()
    }
}

fn act(action: &str, id: CommentId) -> Act {
    Act::anonymous(action, "comment", id)
}

fn here(name: &str) -> Life {
    Life::Here(name.to_owned())
}
