//! Does what waits for one machine's comments: rows, count, version and announcements in one conditional batch.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use bus::{Event, shard_of};
use futures::future::try_join_all;
use kit::{Ambient, CommentId, Failure, MachineId};
use tokio::sync::watch;
use uuid::Uuid;

use super::change::{Look, Plan, Reckon, Version, settle};
use super::comments::read_with;
use super::deadline::Deadline;
use super::lanes::{Answers, Work};
use super::link::{Bound, Link, Outcome, serially};
use super::outbox::{self, Marked, Row};
use super::thread::{Answer, Change, Reckoned, Thread, Tried};

pub struct CommentWork {
    pub link: Arc<Link>,
    pub ambient: Ambient,
    /// Wakes the relay.
    pub announced: watch::Sender<u64>,
}

#[async_trait]
impl Work for CommentWork {
    type Key = MachineId;
    type Change = Change;
    type Answer = Answer;

    async fn work(&self, machine: MachineId, changes: &[Change], until: Deadline) -> Result<Answers<Answer>, Failure> {
        let link = &*self.link;
        let (removing, first, announced) = (Mutex::default(), OnceLock::new(), &self.announced);
        let reckoning = Reckoning { link, machine, changes, removing, first, announced };
        settle(&reckoning, &self.ambient, until).await
    }
}

struct Reckoning<'w> {
    link: &'w Link,
    machine: MachineId,
    changes: &'w [Change],
    /// What batches of these changes were about to remove.
    removing: Mutex<BTreeSet<CommentId>>,
    /// The version that the first of these batches was to leave.
    first: OnceLock<i64>,
    announced: &'w watch::Sender<u64>,
}

struct Batch {
    /// The version that it leaves.
    next: i64,
    bound: Vec<Bound>,
    events: Vec<Event>,
}

#[async_trait]
impl Reckon for Reckoning<'_> {
    type Answer = Answer;
    type Batch = Batch;

    async fn plan(&self, look: Look, tried: Option<Version>) -> Result<Plan<Answer, Batch>, Failure> {
        let thread = self.read(look, tried.is_some()).await?;
        let version = thread.version;
        let mut removing = self.removing.lock().unwrap_or_else(PoisonError::into_inner);
        let tried = tried.map(|version| Tried { version, removing: removing.clone() });
        let mut reckoned = thread.reckon(self.changes, tried);
        removing.extend(&reckoned.removed);
        let answers = std::mem::take(&mut reckoned.answers);
        let batch = if reckoned.events.is_empty() { None } else { Some(self.batch(version, reckoned)) };
        Ok(Plan { version, answers, batch })
    }

    /// Marks first: an announcement without a mark would never be found.
    async fn write(&self, batch: Batch) -> Result<Outcome, Failure> {
        let next = batch.next;
        let marked = Marked { machine: self.machine, first: *self.first.get_or_init(|| next), next };
        try_join_all(batch.events.iter().map(|event| outbox::mark(self.link, marked, event))).await?;
        let outcome = self.link.change_all(batch.bound).await?;
        if outcome == Outcome::Applied {
            self.announced.send_modify(|count| *count += 1);
        }
        Ok(outcome)
    }
}

impl Reckoning<'_> {
    /// The version first: what changes after it spoils the condition. A new comment is looked for only if it was tried.
    async fn read(&self, look: Look, tried: bool) -> Result<Thread, Failure> {
        let statements = &self.link.statements;
        let serial = look == Look::Serial;
        let pick = |statement| if serial { serially(statement) } else { statement.clone() };
        let key = (self.machine.as_uuid(),);
        let state: Option<(Uuid, Option<i64>, Option<i64>)> =
            self.link.row(&pick(&statements.comments_state), key).await?;
        let (comments, version) = state.map_or((0, None), |(_, comments, version)| (comments.unwrap_or(0), version));
        let wanted = self.changes.iter().filter(|change| tried || !matches!(change, Change::Create(..)));
        let ids: BTreeSet<CommentId> = wanted.map(Change::id).collect();
        let ids: Vec<CommentId> = ids.into_iter().collect();
        let said = match ids.as_slice() {
            [] => Vec::new(),
            ids => read_with(self.link, &pick(&statements.comments_read), self.machine, ids).await?,
        };
        Ok(Thread { version, comments, said: said.into_iter().collect() })
    }

    fn batch(&self, version: Version, reckoned: Reckoned) -> Batch {
        let (statements, machine) = (&self.link.statements, self.machine.as_uuid());
        let next = version.unwrap_or(0) + 1;
        let moved = (reckoned.thread.comments, next, machine, version);
        let mut bound: Vec<Bound> = vec![(statements.comments_move.clone(), Box::new(moved))];
        bound.push((statements.comments_begin.clone(), Box::new((machine,))));
        for id in &reckoned.put {
            let Some(said) = reckoned.thread.said.get(id) else { continue };
            let (created, edited) = (said.created_at.as_micros(), said.edited_at.map(kit::Timestamp::as_micros));
            let row = (machine, id.as_bytes().to_vec(), said.author.as_uuid(), said.text.clone(), created, edited);
            bound.push((statements.comment_put.clone(), Box::new(row)));
        }
        for id in &reckoned.removed {
            let row = (machine, id.as_bytes().to_vec());
            bound.push((statements.comment_remove.clone(), Box::new(row)));
        }
        for (place, event) in reckoned.events.iter().enumerate() {
            let row =
                Row { machine: self.machine, shard: shard_of(&event.subject), version: next, place, event: event.id };
            bound.push(outbox::announce(statements, &row, event));
        }
        Batch { next, bound, events: reckoned.events }
    }
}
