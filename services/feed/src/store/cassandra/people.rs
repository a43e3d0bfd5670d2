//! What events told of people. Nothing here asks for a condition: names are written at their revision, badges at 1 and their
//! removal at 2, so that what arrives late, twice or in another order comes to the same.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use bus::consume::DeadLetter;
use bus::{Record, Topic};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kit::{ErrorCode, Failure, MachineId, UserId};
use uuid::Uuid;

use super::link::Link;
use super::{CassandraFeed, PARALLEL};
use crate::domain::{Author, Effect, Life, Person, Presence};
use crate::ports::{Intake, PeopleStore};

/// Below every machine.
const ALL: Uuid = Uuid::nil();

#[async_trait]
impl PeopleStore for CassandraFeed {
    async fn position(&self, consumer: &'static str, topic: Topic) -> Result<u64, Failure> {
        let work = async {
            let link = &*self.link;
            super::consumer::position(link, consumer, topic).await
        };
        self.deadline().keep(work).await
    }

    async fn take(&self, consumer: &'static str, intake: Intake) -> Result<(), Failure> {
        let link = &*self.link;
        // What is of one person stays in its order; people do not wait for each other.
        let mut people: BTreeMap<UserId, Vec<Effect>> = BTreeMap::new();
        for effect in intake.effects {
            people.entry(effect.user()).or_default().push(effect);
        }
        let told = stream::iter(people.into_values()).map(|effects| self.hear(link, effects));
        told.buffer_unordered(PARALLEL).try_for_each(async |()| Ok(())).await?;
        for letter in &intake.letters {
            bury(link, consumer, letter).await?;
        }
        // Last: what is not recorded as heard is told again, and comes to the same.
        super::consumer::advance(link, consumer, intake.topic, intake.position).await
    }
}

impl CassandraFeed {
    async fn hear(&self, link: &Link, effects: Vec<Effect>) -> Result<(), Failure> {
        for effect in effects {
            match effect {
                Effect::Person(person) => self.know(link, &person).await?,
                Effect::HasRun(user, machine) => note_run(link, user, machine).await?,
            }
        }
        Ok(())
    }

    /// A revision that is there already is only finished: its event may have been cut short.
    async fn know(&self, link: &Link, person: &Person) -> Result<(), Failure> {
        let known = state(link, person.user).await?.1;
        if known < Some(person.revision) {
            put(link, person).await?;
        }
        if person.life == Life::Gone && known <= Some(person.revision) {
            self.take_likes_back(person.user).await?;
            link.write(&link.statements.runs_forget, (person.user.as_uuid(), ALL)).await?;
        }
        Ok(())
    }
}

async fn put(link: &Link, person: &Person) -> Result<(), Failure> {
    let (name, deleted) = match &person.life {
        Life::Here(name) => (name.as_str(), false),
        Life::Leaving | Life::Gone => ("", true),
    };
    let revision = i64::try_from(person.revision).map_err(Failure::internal)?;
    let row = (person.user.as_uuid(), name, deleted, revision, revision);
    link.write(&link.statements.person_put, row).await
}

/// The removal of allocations may be heard of after the deletion of their owner. Most news is of machines that are known to
/// have run, and costs a read.
async fn note_run(link: &Link, user: UserId, machine: MachineId) -> Result<(), Failure> {
    let known = read(link, user).await?;
    if known.deleted || known.has_run.contains(&machine) {
        return Ok(());
    }
    link.write(&link.statements.run_put, (user.as_uuid(), machine.as_uuid())).await
}

/// Keeps an event that could not be read.
async fn bury(link: &Link, consumer: &str, letter: &DeadLetter) -> Result<(), Failure> {
    let Record { position, event } = &letter.record;
    let position = i64::try_from(*position).map_err(Failure::internal)?;
    let (topic, at) = (event.topic.as_str(), event.at.as_micros());
    let row = (consumer, topic, position, &event.kind, &letter.reason, at, &event.data);
    link.write(&link.statements.letter_put, row).await
}

/// A person as they are known now.
#[derive(Clone, Debug, Default)]
pub struct Known {
    name: Option<String>,
    deleted: bool,
    has_run: BTreeSet<MachineId>,
}

impl Known {
    pub fn author(&self, user: UserId, machine: MachineId) -> Author {
        let presence = match (&self.name, self.deleted) {
            (_, true) => Presence::Deleted,
            (Some(name), false) => Presence::Named(name.clone()),
            (None, false) => Presence::Unknown,
        };
        Author { user, presence, has_run: !self.deleted && self.has_run.contains(&machine) }
    }

    /// `SessionClosed` for who is deleted: a request that was let in a moment ago must not bring anything back.
    pub fn require_present(&self) -> Result<(), Failure> {
        if self.deleted { Err(Failure::of(ErrorCode::SessionClosed)) } else { Ok(()) }
    }
}

/// A person's whole partition: who they are, and a row for each machine that they have run.
pub async fn read(link: &Link, user: UserId) -> Result<Known, Failure> {
    type Columns = (Option<String>, Option<bool>, Option<Uuid>);
    let rows: Vec<Columns> = link.rows(&link.statements.person_read, (user.as_uuid(),)).await?;
    let mut known = Known::default();
    for (name, deleted, machine) in rows {
        known.name = name;
        known.deleted = deleted.unwrap_or(false);
        known.has_run.extend(machine.map(MachineId::from_uuid));
    }
    Ok(known)
}

/// Each of these people once, side by side.
pub async fn read_all(link: &Link, users: BTreeSet<UserId>) -> Result<BTreeMap<UserId, Known>, Failure> {
    let read = |user| async move { Ok((user, read(link, user).await?)) };
    stream::iter(users).map(read).buffer_unordered(PARALLEL).try_collect().await
}

/// Which of these are deleted.
pub async fn gone(link: &Link, users: &BTreeSet<UserId>) -> Result<BTreeSet<UserId>, Failure> {
    let state = |user: UserId| async move { Ok((user, state(link, user).await?.0)) };
    let states = stream::iter(users.iter().copied()).map(state).buffer_unordered(PARALLEL);
    states.try_filter_map(async |(user, deleted)| Ok(deleted.then_some(user))).try_collect().await
}

/// Whether a person is deleted, and the revision that said so.
async fn state(link: &Link, user: UserId) -> Result<(bool, Option<u64>), Failure> {
    let row: Option<(Uuid, Option<bool>, Option<i64>)> =
        link.row(&link.statements.person_state, (user.as_uuid(),)).await?;
    let (deleted, revision) = row.map_or((None, None), |(_, deleted, revision)| (deleted, revision));
    Ok((deleted.unwrap_or(false), revision.and_then(|revision| u64::try_from(revision).ok())))
}
