//! Likes and their counts: the row and the counts of its machine change in one conditional batch.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kit::{Ambient, Failure, MachineId, Timestamp, UserId};
use scylla::response::PagingState;
use uuid::Uuid;

use super::change::{Look, Plan, Reckon, Version, settle};
use super::deadline::Deadline;
use super::lanes::{Answers, Work};
use super::link::{Bound, Link, Outcome, serially};
use super::tally::{Change, Reckoned, Tally};
use super::{CassandraFeed, PARALLEL, people};
use crate::domain::{Opinion, Stance, Standing};
use crate::ports::LikeStore;

/// Whose row carries the counts beside one that is not there.
const NOBODY: Uuid = Uuid::nil();

#[async_trait]
impl LikeStore for CassandraFeed {
    async fn standing(&self, asker: Option<UserId>, machine: MachineId) -> Result<Standing, Failure> {
        let work = async {
            let link = &*self.link;
            let tally = read(link, Look::Majority, machine, asker.as_slice()).await?;
            let count = |count: i64| u64::try_from(count).unwrap_or(0);
            let mine = asker.and_then(|asker| tally.stances.get(&asker).copied());
            Ok(Standing { likes: count(tally.likes), dislikes: count(tally.dislikes), mine })
        };
        self.deadline().keep(work).await
    }

    async fn set(
        &self,
        user: UserId,
        machine: MachineId,
        stance: Option<Stance>,
        at: Timestamp,
    ) -> Result<Standing, Failure> {
        let (link, until) = (&*self.link, self.deadline());
        if stance.is_some() {
            // Before the row and before the look at who is gone: whoever takes likes back finds it here.
            let noted = link.write(&link.statements.liked_note, (user.as_uuid(), machine.as_uuid()));
            until.keep(noted).await?;
        }
        self.likes.submit(machine, Change::Set(user, stance, at), until).await
    }

    async fn of_user(&self, user: UserId, limit: u32) -> Result<Vec<Opinion>, Failure> {
        let work = async {
            let link = &*self.link;
            let opinion = |machine| opinion(link, user, machine);
            let found = stream::iter(liked(link, user).await?).map(opinion).buffered(PARALLEL);
            found.try_filter_map(async |opinion| Ok(opinion)).take(limit as usize).try_collect().await
        };
        self.deadline().keep(work).await
    }
}

impl CassandraFeed {
    /// Takes everything back that a user thinks, with its counts, and then forgets where that was. The user is marked as
    /// deleted by now: a like is either seen here, or it sees the mark, or its condition is lost.
    pub(super) async fn take_likes_back(&self, user: UserId) -> Result<(), Failure> {
        let link = &*self.link;
        let take_back = |machine| self.likes.submit(machine, Change::TakeBack(user), self.deadline());
        let taken = stream::iter(liked(link, user).await?).map(take_back).buffer_unordered(PARALLEL);
        taken.try_for_each(async |_| Ok(())).await?;
        link.write(&link.statements.liked_forget, (user.as_uuid(),)).await
    }
}

/// Machines that a user may have judged.
async fn liked(link: &Link, user: UserId) -> Result<Vec<MachineId>, Failure> {
    let (mut machines, mut state) = (Vec::new(), Some(PagingState::start()));
    while let Some(at) = state {
        let (rows, next) = link.page::<(Uuid,)>(&link.statements.liked_list, (user.as_uuid(),), at).await?;
        machines.extend(rows.into_iter().map(|(machine,)| MachineId::from_uuid(machine)));
        state = next;
    }
    Ok(machines)
}

async fn opinion(link: &Link, user: UserId, machine: MachineId) -> Result<Option<Opinion>, Failure> {
    let key = (machine.as_uuid(), user.as_uuid());
    let row: Option<(Option<i8>, Option<i64>)> = link.row(&link.statements.like_at, key).await?;
    Ok(row.and_then(|(stance, at)| {
        Some(Opinion { machine, stance: stance_of(stance?), at: Timestamp::from_micros(at?) })
    }))
}

/// One read, so that counts, version and stances are of one moment.
async fn read(link: &Link, look: Look, machine: MachineId, users: &[UserId]) -> Result<Tally, Failure> {
    type Columns = (Uuid, Option<i8>, Option<i64>, Option<i64>, Option<i64>);
    let keys: Vec<Uuid> = users.iter().map(|user| user.as_uuid()).chain([NOBODY]).collect();
    let statement = match look {
        Look::Majority => link.statements.likes_read.clone(),
        Look::Serial => serially(&link.statements.likes_read),
    };
    let rows: Vec<Columns> = link.rows(&statement, (machine.as_uuid(), keys)).await?;
    let mut tally = Tally::default();
    for (user, stance, likes, dislikes, version) in rows {
        tally.version = version;
        tally.likes = likes.unwrap_or(0);
        tally.dislikes = dislikes.unwrap_or(0);
        tally.stances.extend(stance.map(|stance| (UserId::from_uuid(user), stance_of(stance))));
    }
    Ok(tally)
}

const fn stance_of(number: i8) -> Stance {
    if number > 0 { Stance::Like } else { Stance::Dislike }
}

const fn number_of(stance: Stance) -> i8 {
    match stance {
        Stance::Like => 1,
        Stance::Dislike => -1,
    }
}

/// Does what waits for one machine's likes.
pub struct LikeWork {
    pub link: Arc<Link>,
    pub ambient: Ambient,
}

#[async_trait]
impl Work for LikeWork {
    type Key = MachineId;
    type Change = Change;
    type Answer = Standing;

    async fn work(
        &self,
        machine: MachineId,
        changes: &[Change],
        until: Deadline,
    ) -> Result<Answers<Standing>, Failure> {
        let link = &*self.link;
        settle(&Reckoning { link, machine, changes }, &self.ambient, until).await
    }
}

struct Reckoning<'w> {
    link: &'w Link,
    machine: MachineId,
    changes: &'w [Change],
}

#[async_trait]
impl Reckon for Reckoning<'_> {
    type Answer = Standing;
    type Batch = Vec<Bound>;

    async fn plan(&self, look: Look, _: Option<Version>) -> Result<Plan<Standing, Vec<Bound>>, Failure> {
        let users: BTreeSet<UserId> = self.changes.iter().map(Change::user).collect();
        let tally = read(self.link, look, self.machine, &users.iter().copied().collect::<Vec<_>>()).await?;
        // After the version was read: whoever goes later changes it.
        let gone = people::gone(self.link, &users).await?;
        let version = tally.version;
        let mut reckoned = tally.reckon(self.changes, &gone);
        let answers = std::mem::take(&mut reckoned.answers);
        let answers = answers.into_iter().map(|answer| answer.map_err(Failure::of)).collect();
        let batch = if reckoned.writes { Some(self.batch(version, &reckoned)) } else { None };
        Ok(Plan { version, answers, batch })
    }

    async fn write(&self, batch: Vec<Bound>) -> Result<Outcome, Failure> {
        self.link.change_all(batch).await
    }
}

impl Reckoning<'_> {
    fn batch(&self, version: Version, reckoned: &Reckoned) -> Vec<Bound> {
        let (statements, machine, tally) = (&self.link.statements, self.machine.as_uuid(), &reckoned.tally);
        let next = version.unwrap_or(0) + 1;
        let moved = (tally.likes, tally.dislikes, next, machine, version);
        let mut batch: Vec<Bound> = vec![(statements.likes_move.clone(), Box::new(moved))];
        if version.is_none() {
            batch.push((statements.likes_begin.clone(), Box::new((machine, NOBODY))));
        }
        for (user, at) in &reckoned.touched {
            batch.push(match tally.stances.get(user) {
                Some(stance) => {
                    let row = (machine, user.as_uuid(), number_of(*stance), at.as_micros());
                    (statements.like_put.clone(), Box::new(row))
                }
                None => (statements.like_clear.clone(), Box::new((machine, user.as_uuid()))),
            });
        }
        batch
    }
}
