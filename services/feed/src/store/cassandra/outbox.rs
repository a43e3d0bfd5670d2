//! What was announced and not sent yet: rows in the partitions of the comments that they are about, found by marks that were
//! written before them. A mark without its row is of a batch that did not happen, or not yet; before such a mark is removed
//! the partition's version moves on, so that the batch cannot happen any more. Should its changes be tried again all the same,
//! by a process that was stopped for so long, their mark is a newer one and stays.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use bus::{Event, Key, Lag, Outbox, Shard, Topic, Unsent, shard_of};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kit::{EventId, Failure, MachineId, Timestamp};
use scylla::response::PagingState;
use scylla::statement::prepared::PreparedStatement;
use tokio::sync::watch;
use uuid::Uuid;

use super::failure::broken;
use super::link::{Bound, Link};
use super::statements::Statements;
use super::{CassandraFeed, PARALLEL};

/// How old a mark is before its row is not waited for any more. Much longer than an operation takes.
const GRACE: std::time::Duration = std::time::Duration::from_secs(60);
/// As many marks are read at once.
const PIECE: i32 = 256;

/// Where an announcement lies. Its key is in the order of commits within its part: version, place in the batch, event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub machine: MachineId,
    pub shard: Shard,
    pub version: i64,
    pub place: usize,
    pub event: EventId,
}

impl Row {
    fn key(&self) -> Vec<u8> {
        let place = u16::try_from(self.place).unwrap_or(u16::MAX);
        [&self.version.to_be_bytes()[..], &place.to_be_bytes(), self.event.as_bytes()].concat()
    }
}

/// The version and the event of a row's key.
fn read_key(key: &[u8]) -> Result<(i64, EventId), Failure> {
    let version = key.first_chunk().map(|version| i64::from_be_bytes(*version));
    let event = key.get(10..).and_then(EventId::from_bytes);
    version.zip(event).ok_or_else(|| broken("the key of an announcement"))
}

/// Where an announcement may come.
#[derive(Clone, Copy, Debug)]
pub struct Marked {
    pub machine: MachineId,
    /// The version that the first batch with it was to leave: one whose outcome was not known may have left it there.
    pub first: i64,
    /// The version that the next batch with it will leave.
    pub next: i64,
}

/// Says that an announcement may come; before it does.
pub async fn mark(link: &Link, marked: Marked, event: &Event) -> Result<(), Failure> {
    let Marked { machine, first, next } = marked;
    let (shard, at) = (number(shard_of(&event.subject)), event.at.as_micros());
    let row = (shard, machine.as_uuid(), event.id.as_uuid(), at, first, written_at(next));
    link.write(&link.statements.mark_put, row).await
}

/// The timestamp of a mark of the batch that leaves this version. Its removal has the next one, so that it neither hides the
/// mark of a later batch nor is undone by a write that comes late.
const fn written_at(version: i64) -> i64 {
    2 * version
}

/// The announcement, for the batch of its change.
pub fn announce(statements: &Statements, row: &Row, event: &Event) -> Bound {
    let headers: BTreeMap<String, String> =
        event.headers().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let topic = event.topic.as_str();
    let values = (row.machine.as_uuid(), number(row.shard), row.key(), topic, headers, event.data.clone());
    (statements.unsent_put.clone(), Box::new(values))
}

fn number(shard: Shard) -> i8 {
    // Below 16.
    shard.number().cast_signed()
}

#[async_trait]
impl Outbox for CassandraFeed {
    async fn unsent(&self, shards: &[Shard], limit: usize) -> Result<Vec<Unsent>, Failure> {
        let link = &*self.link;
        let each = limit.div_ceil(shards.len().max(1));
        let found = stream::iter(shards.to_vec()).map(|shard| self.of_shard(link, shard, each)).buffered(PARALLEL);
        let found: Vec<Vec<Unsent>> = found.try_collect().await?;
        Ok(found.into_iter().flatten().take(limit).collect())
    }

    async fn sent(&self, keys: &[Key]) -> Result<(), Failure> {
        let link = &*self.link;
        let places = keys.iter().map(Place::read).collect::<Result<Vec<_>, _>>()?;
        let removed = stream::iter(places).map(|place| place.remove(link)).buffer_unordered(PARALLEL);
        removed.try_for_each(async |()| Ok(())).await
    }

    /// Counts marks: what is being written counts already, and what failed to be for a minute.
    async fn lag(&self) -> Result<Lag, Failure> {
        let link = &*self.link;
        let count = |shard: Shard| async move {
            link.row::<(i64, Option<i64>)>(&link.statements.mark_count, (number(shard),)).await
        };
        let counted: Vec<Option<(i64, Option<i64>)>> =
            stream::iter(Shard::all()).map(count).buffer_unordered(PARALLEL).try_collect().await?;
        let rows = counted.iter().flatten().map(|(rows, _)| u64::try_from(*rows).unwrap_or(0)).sum();
        let oldest = counted.iter().flatten().filter_map(|(_, oldest)| *oldest).min();
        Ok(Lag { rows, oldest: oldest.map(Timestamp::from_micros) })
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.announced.subscribe()
    }
}

/// A mark as it is read.
struct Mark {
    event: EventId,
    at: Timestamp,
    /// Its announcement has this version or a higher one.
    first: i64,
}

/// A partition with marks.
struct Partition {
    machine: MachineId,
    marks: Vec<Mark>,
}

impl CassandraFeed {
    /// Partition by partition, each from its oldest announcement on.
    async fn of_shard(&self, link: &Link, shard: Shard, limit: usize) -> Result<Vec<Unsent>, Failure> {
        let (mut found, mut state, mut last) = (Vec::new(), Some(PagingState::start()), None);
        let statement = in_pieces(&link.statements.mark_list);
        while let Some(at) = state.filter(|_| found.len() < limit) {
            let (marks, next) = link.page(&statement, (number(shard),), at).await?;
            // One that goes on from the piece before was read with it.
            let marked = by_machine(marks).into_iter().filter(|at| last.replace(at.machine) != Some(at.machine));
            let rows =
                stream::iter(marked.collect::<Vec<_>>()).map(|marked| self.of_machine(link, shard, marked, limit));
            let rows: Vec<Vec<Unsent>> = rows.buffered(PARALLEL).try_collect().await?;
            found.extend(rows.into_iter().flatten());
            state = next;
        }
        found.truncate(limit);
        Ok(found)
    }

    async fn of_machine(
        &self,
        link: &Link,
        shard: Shard,
        marked: Partition,
        limit: usize,
    ) -> Result<Vec<Unsent>, Failure> {
        let first = marked.marks.iter().map(|mark| mark.first).min().unwrap_or(0);
        let rows = rows(link, shard, marked.machine, first, limit).await?;
        let is_all = rows.len() < limit;
        let there: BTreeSet<EventId> = rows.iter().map(|row| row.event.id).collect();
        let late = self.ambient.now().minus(GRACE);
        for mark in &marked.marks {
            if is_all && mark.at < late && !there.contains(&mark.event) {
                // What fails is tried at the next look; it must not hold up what can be sent.
                if let Err(failure) = forget(link, shard, marked.machine, mark).await {
                    tracing::debug!(event.id = %mark.event, %failure, "a mark without its announcement stays");
                }
            }
        }
        Ok(rows)
    }
}

fn in_pieces(statement: &PreparedStatement) -> PreparedStatement {
    let mut statement = statement.clone();
    statement.set_page_size(PIECE);
    statement
}

/// Marks as they are read, machine after machine.
fn by_machine(marks: Vec<(Uuid, Uuid, Option<i64>, Option<i64>)>) -> Vec<Partition> {
    let mut machines: Vec<Partition> = Vec::new();
    for (machine, event, at, first) in marks {
        let machine = MachineId::from_uuid(machine);
        let at = Timestamp::from_micros(at.unwrap_or(0));
        // The release before did not say where.
        let mark = Mark { event: EventId::from_uuid(event), at, first: first.unwrap_or(0) };
        match machines.last_mut().filter(|last| last.machine == machine) {
            Some(last) => last.marks.push(mark),
            None => machines.push(Partition { machine, marks: vec![mark] }),
        }
    }
    machines
}

/// The oldest announcements of a machine's partition in a shard, from a version on: those before were sent, and Cassandra would
/// walk over the graves of all of them.
async fn rows(link: &Link, shard: Shard, machine: MachineId, first: i64, limit: usize) -> Result<Vec<Unsent>, Failure> {
    type Columns = (Vec<u8>, String, BTreeMap<String, String>, Vec<u8>, i64);
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    let range = (machine.as_uuid(), number(shard), first.to_be_bytes().to_vec(), limit);
    let rows: Vec<Columns> = link.rows(&link.statements.unsent_list, range).await?;
    let unsent = rows.into_iter().map(|(key, topic, headers, data, written)| {
        let topic = Topic::parse(&topic).ok_or_else(|| broken(format!("the topic {topic}")))?;
        let event = Event::from_headers(topic, |name| headers.get(name).cloned(), data);
        let place = Place { machine, shard, written, key };
        Ok(Unsent { key: place.write(), event: event.ok_or_else(|| broken("the headers of an announcement"))? })
    });
    unsent.collect()
}

/// Removes the mark of an announcement that did not come, after making sure that it cannot come.
async fn forget(link: &Link, shard: Shard, machine: MachineId, mark: &Mark) -> Result<(), Failure> {
    let state: Option<(Uuid, Option<i64>, Option<i64>)> =
        link.row(&link.statements.comments_state, (machine.as_uuid(),)).await?;
    let version = state.and_then(|(_, _, version)| version);
    let next = version.unwrap_or(0) + 1;
    // Lost or not, the version is another than the one that the missing batch asks for.
    link.change(&link.statements.fence, (next, machine.as_uuid(), version)).await?;
    let there = rows(link, shard, machine, mark.first, usize::MAX).await?;
    if there.iter().all(|row| row.event.id != mark.event) {
        remove_mark(link, shard, machine, mark.event, next).await?;
    }
    Ok(())
}

/// Removes a mark, unless it is of a batch that leaves a later version.
async fn remove_mark(
    link: &Link,
    shard: Shard,
    machine: MachineId,
    event: EventId,
    version: i64,
) -> Result<(), Failure> {
    let key = (written_at(version) + 1, number(shard), machine.as_uuid(), event.as_uuid());
    link.write(&link.statements.mark_remove, key).await
}

/// A row as its outbox names it, with the time that it was written at: removed at that very time it is gone, whatever the
/// clocks of the nodes say.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    machine: MachineId,
    shard: Shard,
    written: i64,
    key: Vec<u8>,
}

impl Place {
    fn write(&self) -> Key {
        let shard = [self.shard.number()];
        Key([self.machine.as_bytes(), &shard[..], &self.written.to_be_bytes(), &self.key].concat())
    }

    fn read(key: &Key) -> Result<Self, Failure> {
        let parts = || {
            let (machine, rest) = key.0.split_at_checked(16)?;
            let (shard, rest) = rest.split_first()?;
            let (written, key) = rest.split_first_chunk()?;
            let machine = MachineId::from_bytes(machine)?;
            Some(Self { machine, shard: Shard::new(*shard)?, written: i64::from_be_bytes(*written), key: key.to_vec() })
        };
        parts().ok_or_else(|| broken("a key that this outbox did not give"))
    }

    /// The row first: a mark without a row is looked at again, a row without a mark is lost.
    async fn remove(self, link: &Link) -> Result<(), Failure> {
        let (version, event) = read_key(&self.key)?;
        let row = (self.written, self.machine.as_uuid(), number(self.shard), self.key);
        link.write(&link.statements.unsent_remove, row).await?;
        remove_mark(link, self.shard, self.machine, event, version).await
    }
}

#[cfg(test)]
mod tests {
    use kit::Ambient;

    use super::*;

    #[test]
    fn keys_are_in_the_order_of_commits_and_survive_their_text() {
        let ambient = Ambient::system();
        let (machine, shard) = (MachineId::mint(&ambient), shard_of("a"));
        let row = |version, place| Row { machine, shard, version, place, event: EventId::mint(&ambient) };
        let rows = [row(1, 0), row(1, 1), row(2, 0), row(255, 0), row(256, 0), row(i64::MAX, 63)];
        assert!(rows.windows(2).all(|pair| pair[0].key() < pair[1].key()));
        let place = Place { machine, shard, written: 7, key: rows[0].key() };
        assert_eq!(Place::read(&place.write()).unwrap(), place);
        assert_eq!(read_key(&rows[3].key()).unwrap(), (255, rows[3].event));
        assert!(Place::read(&Key(vec![1; 20])).is_err());
    }
}
