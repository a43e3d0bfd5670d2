//! Cassandra keeps each contract, and what only Cassandra can do wrong has tests of its own.

mod contracts;
mod cursors;
mod cut;
mod graves;
mod migrations;
mod outages;
mod outboxes;
mod proxy;
mod replicas;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bus::{Event, shard_of};
use futures::FutureExt as _;
use kit::{Ambient, Failure, MachineId};
use scylla::statement::unprepared::Statement;
use testkit::servers;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::change::{Look, Plan, Reckon, Version};
use super::link::{Bound, Link, Outcome, connect};
use super::outbox::{Marked, Row, announce, mark};
use super::{CassandraFeed, CassandraSettings};
use proxy::Proxy;

/// A keyspace at the shared server.
struct Keyspace(CassandraSettings);

/// The keyspace that tests share which bring users and machines of their own, and how many are at it. Its tables take seconds
/// to make: whoever comes first makes it, the last one drops it.
static SHARED: Mutex<(Option<CassandraSettings>, usize)> = Mutex::const_new((None, 0));

fn settings() -> CassandraSettings {
    let mut settings = CassandraSettings::new(vec![servers::cassandra()], servers::unique("feed"));
    // A test machine may be busy; how soon an operation ends is what `outages` is about.
    settings.operation = Duration::from_secs(60);
    settings.statement = Duration::from_secs(10);
    settings
}

/// Runs a test on the shared keyspace.
async fn shared<F: Future<Output = ()>>(test: impl FnOnce(Keyspace) -> F) {
    let settings = {
        let mut shared = SHARED.lock().await;
        shared.1 += 1;
        if shared.0.is_none() {
            let keyspace = Keyspace(settings());
            keyspace.feed().await;
            shared.0 = Some(keyspace.0);
        }
        shared.0.clone().unwrap()
    };
    let ended = AssertUnwindSafe(test(Keyspace(settings.clone()))).catch_unwind().await;
    let mut shared = SHARED.lock().await;
    shared.1 -= 1;
    if shared.1 == 0 {
        shared.0 = None;
        drop_keyspace(&settings).await;
    }
    drop(shared);
    ended.unwrap_or_else(|panic| resume_unwind(panic));
}

/// Runs a test on a keyspace of its own.
async fn alone<F: Future<Output = ()>>(test: impl FnOnce(Keyspace) -> F) {
    let settings = settings();
    let ended = AssertUnwindSafe(test(Keyspace(settings.clone()))).catch_unwind().await;
    drop_keyspace(&settings).await;
    ended.unwrap_or_else(|panic| resume_unwind(panic));
}

async fn drop_keyspace(settings: &CassandraSettings) {
    let session = connect(settings).await.unwrap();
    let mut drop = Statement::new(format!("DROP KEYSPACE IF EXISTS {}", settings.keyspace));
    drop.set_request_timeout(Some(Duration::from_secs(60)));
    session.query_unpaged(drop, ()).await.unwrap();
}

impl Keyspace {
    /// A replica of the feed.
    async fn feed(&self) -> Arc<CassandraFeed> {
        Arc::new(CassandraFeed::connect(self.0.clone(), Ambient::system()).await.unwrap())
    }

    /// The same behind a proxy.
    async fn behind_proxy(&self) -> (Proxy, Self) {
        let proxy = Proxy::before(self.0.contact_points[0].clone()).await;
        let contact_points = vec![proxy.address.to_string()];
        (proxy, Self(CassandraSettings { contact_points, ..self.0.clone() }))
    }
}

impl CassandraFeed {
    /// Announces something without a change: in the partition that all of its subject's events lie in.
    async fn announce(&self, event: Event) {
        let link = &*self.link;
        let change = Announcement { link, machine: machine_of(&event), event };
        super::change::settle(&change, &self.ambient, self.deadline()).await.unwrap();
        self.announced.send_modify(|count| *count += 1);
    }
}

/// The machine in whose partition a test announces an event.
fn machine_of(event: &Event) -> MachineId {
    let mut hasher = DefaultHasher::new();
    event.subject.hash(&mut hasher);
    MachineId::from_uuid(Uuid::from_u128(u128::from(hasher.finish())))
}

struct Announcement<'w> {
    link: &'w Link,
    machine: MachineId,
    event: Event,
}

#[async_trait]
impl Reckon for Announcement<'_> {
    type Answer = ();
    type Batch = (i64, Vec<Bound>);

    async fn plan(&self, _: Look, tried: Option<Version>) -> Result<Plan<(), (i64, Vec<Bound>)>, Failure> {
        assert_eq!(tried, None, "nothing breaks connections here");
        let (statements, machine) = (&self.link.statements, self.machine.as_uuid());
        let state: Option<(Uuid, Option<i64>, Option<i64>)> =
            self.link.row(&statements.comments_state, (machine,)).await?;
        let version = state.and_then(|(_, _, version)| version);
        let next = version.unwrap_or(0) + 1;
        let shard = shard_of(&self.event.subject);
        let row = Row { machine: self.machine, shard, version: next, place: 0, event: self.event.id };
        let moved = (statements.fence.clone(), Box::new((next, machine, version)) as Box<_>);
        let batch = (next, vec![moved, announce(statements, &row, &self.event)]);
        Ok(Plan { version, answers: Vec::new(), batch: Some(batch) })
    }

    async fn write(&self, (next, batch): (i64, Vec<Bound>)) -> Result<Outcome, Failure> {
        // What was tried before was lost, not in doubt.
        mark(self.link, Marked { machine: self.machine, first: next, next }, &self.event).await?;
        self.link.change_all(batch).await
    }
}
