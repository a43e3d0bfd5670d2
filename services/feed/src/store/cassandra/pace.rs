//! How fast each user comments: a slot of their pace is taken before the comment is written, under a condition of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kit::{Ambient, CommentId, Failure, Timestamp, UserId};
use uuid::Uuid;

use super::change::{Look, Plan, Reckon, Version, settle};
use super::deadline::Deadline;
use super::lanes::{Answers, Work};
use super::link::{Bound, Link, Outcome, serially};
use crate::domain::Pace;

/// How much longer than it counts a slot is kept: the feed's clock and Cassandra's need not agree.
const MARGIN: Duration = Duration::from_secs(60);

/// The longest time to live that Cassandra knows, in seconds: twenty years.
const LONGEST: i32 = 630_720_000;

/// One comment's place in its author's pace.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    pub comment: CommentId,
    pub at: Timestamp,
    pub pace: Pace,
}

impl Slot {
    /// Frees the slot of a comment that was not written.
    pub async fn give_back(self, link: &Link, author: UserId) {
        let key = (author.as_uuid(), self.at.as_micros(), self.comment.as_uuid());
        if let Err(failure) = link.change(&link.statements.pace_give_back, key).await {
            tracing::debug!(user.id = %author, %failure, "a slot of an unwritten comment stays for a while");
        }
    }
}

/// What one user wrote lately.
#[derive(Clone, Debug, Default)]
struct Lately {
    version: Version,
    slots: BTreeMap<CommentId, Timestamp>,
}

impl Lately {
    /// One answer for each slot, and those that are new. One that is there already was let through.
    fn admit(mut self, wanted: &[Slot]) -> (Answers<()>, Vec<Slot>) {
        let mut new = Vec::new();
        let mut admit = |slot: &Slot| {
            if self.slots.contains_key(&slot.comment) {
                return Ok(());
            }
            let earlier: Vec<Timestamp> = self.slots.values().copied().collect();
            slot.pace.admit(&earlier, slot.at)?;
            self.slots.insert(slot.comment, slot.at);
            new.push(*slot);
            Ok(())
        };
        let answers = wanted.iter().map(&mut admit).collect();
        (answers, new)
    }
}

pub struct PaceWork {
    pub link: Arc<Link>,
    pub ambient: Ambient,
}

#[async_trait]
impl Work for PaceWork {
    type Key = UserId;
    type Change = Slot;
    type Answer = ();

    async fn work(&self, author: UserId, wanted: &[Slot], until: Deadline) -> Result<Answers<()>, Failure> {
        let link = &*self.link;
        settle(&Reckoning { link, author, wanted }, &self.ambient, until).await
    }
}

struct Reckoning<'w> {
    link: &'w Link,
    author: UserId,
    wanted: &'w [Slot],
}

#[async_trait]
impl Reckon for Reckoning<'_> {
    type Answer = ();
    type Batch = Vec<Bound>;

    async fn plan(&self, look: Look, _: Option<Version>) -> Result<Plan<(), Vec<Bound>>, Failure> {
        let lately = self.read(look).await?;
        let version = lately.version;
        let (answers, new) = lately.admit(self.wanted);
        let batch = if new.is_empty() { None } else { Some(self.batch(version, &new)) };
        Ok(Plan { version, answers, batch })
    }

    async fn write(&self, batch: Vec<Bound>) -> Result<Outcome, Failure> {
        self.link.change_all(batch).await
    }
}

impl Reckoning<'_> {
    /// The version first: what changes after it spoils the condition.
    async fn read(&self, look: Look) -> Result<Lately, Failure> {
        let statements = &self.link.statements;
        let pick = |statement| if look == Look::Serial { serially(statement) } else { statement.clone() };
        let author = self.author.as_uuid();
        let state: Option<(Uuid, Option<i64>)> = self.link.row(&pick(&statements.pace_state), (author,)).await?;
        let since = self.wanted.iter().map(|slot| slot.at.minus(slot.pace.within)).min().unwrap_or(Timestamp::EPOCH);
        let rows: Vec<(i64, Uuid)> = self.link.rows(&pick(&statements.pace_read), (author, since.as_micros())).await?;
        let slots = rows.into_iter().map(|(at, id)| (CommentId::from_uuid(id), Timestamp::from_micros(at))).collect();
        Ok(Lately { version: state.and_then(|(_, version)| version), slots })
    }

    fn batch(&self, version: Version, new: &[Slot]) -> Vec<Bound> {
        let (statements, author) = (&self.link.statements, self.author.as_uuid());
        let longest = self.wanted.iter().map(|slot| slot.pace.within).max().unwrap_or_default() + MARGIN;
        let life = i32::try_from(longest.as_secs()).unwrap_or(LONGEST).min(LONGEST);
        let moved = (life, version.unwrap_or(0) + 1, author, version);
        let mut batch: Vec<Bound> = vec![(statements.pace_move.clone(), Box::new(moved))];
        for slot in new {
            let row = (author, slot.at.as_micros(), slot.comment.as_uuid(), life);
            batch.push((statements.pace_put.clone(), Box::new(row)));
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use kit::ErrorCode;

    use super::*;

    #[test]
    fn slots_of_one_batch_count_against_each_other_and_none_twice() {
        let ambient = Ambient::system();
        let pace = Pace { most: 2, within: Duration::from_secs(60) };
        let slot = |_| Slot { comment: CommentId::mint(&ambient), at: ambient.now(), pace };
        let slots: Vec<Slot> = (0..3).map(slot).collect();
        let (answers, new) = Lately::default().admit(&slots);
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 2);
        assert_eq!(answers[2].as_ref().unwrap_err().code, ErrorCode::RateLimited);
        let slots_now = new.iter().map(|slot| (slot.comment, slot.at)).collect();
        let (again, none) = Lately { version: Some(1), slots: slots_now }.admit(&slots);
        assert_eq!((again[0].is_ok(), again[1].is_ok(), again[2].is_ok(), none.len()), (true, true, false, 0));
    }
}
