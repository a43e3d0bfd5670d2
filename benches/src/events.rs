//! Events a second from an outbox on MySQL through relays, Kafka and a consumer that commits each batch on MySQL, with one
//! and with two replicas of both, in turn and in one run. Prints a table with ratios; asserts nothing.

mod stats;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use async_trait::async_trait;
use bus::kafka::{KafkaProducer, Names, Reader, Settings, topics};
use bus::shard::SHARDS;
use bus::{Consumer, DeadLetter, Event, Record, Relay, SqlOutbox, Tenure, Topic};
use kit::{Ambient, Failure, ServiceName};
use sql::{Database, QueryBuilder, Stored as _};
use stats::Sample;
use testkit::databases::fresh_mysql;
use testkit::servers;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const EVENTS: u64 = 20_000;
const SUBJECTS: u64 = 2_000;
const ROUNDS: usize = 3;
/// Between two looks at what was taken.
const LOOK: Duration = Duration::from_millis(2);
/// Between two looks at who has what, before anything is measured.
const PAUSE: Duration = Duration::from_millis(500);
/// Beyond this something is broken.
const PATIENCE: Duration = Duration::from_secs(300);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (mut one, mut two) = (Sample::default(), Sample::default());
    for _ in 0..ROUNDS {
        one.add(carry(1).await?);
        two.add(carry(2).await?);
    }
    let rate = |sample: &Sample| EVENTS as f64 * 1_000.0 / sample.at(0.5);
    println!("| {EVENTS} events, {ROUNDS} rounds | one replica | two replicas | ratio |\n|---|---|---|---|");
    println!("| events/s | {:.0} | {:.0} | {:.2} |", rate(&one), rate(&two), rate(&two) / rate(&one));
    Ok(())
}

/// A relay and a reader, as one replica of each has them.
struct Replica {
    tenure: watch::Receiver<Tenure>,
    taken: Arc<AtomicU64>,
}

impl Replica {
    fn start(
        url: &str,
        settings: &Settings,
        running: &TaskTracker,
        cancel: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let database = Database::connect(url)?;
        let producer = Arc::new(KafkaProducer::open(settings, "bench")?);
        let outbox = Arc::new(SqlOutbox::new(database.clone()));
        let relay = Relay::new(ServiceName::User, outbox, producer.clone(), Ambient::system());
        let (tenure, stop) = (relay.tenure(), cancel.clone());
        running.spawn(async move { relay.run(stop).await });
        let taken = Arc::<AtomicU64>::default();
        let counter = Arc::new(Counter { database, taken: taken.clone() });
        let reader = Reader::open(settings, counter, vec![Topic::User], "bench", producer)?;
        running.spawn(reader.run(cancel.clone()));
        Ok(Self { tenure, taken })
    }

    fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }
}

/// How long all events take from their commit, once so many relays and as many readers share the work.
async fn carry(count: usize) -> anyhow::Result<Duration> {
    let (database, own) = fresh_mysql(&[&bus::MIGRATIONS]).await;
    create_table(&database).await?;
    let names = Names::new(&format!("{}.", servers::unique("bench")));
    let settings = Settings { names, ..Settings::new(servers::kafka()) };
    topics::ensure(&settings, &[Topic::User]).await?;
    let (cancel, running) = (CancellationToken::new(), TaskTracker::new());
    let start = || Replica::start(&own.url(), &settings, &running, &cancel);
    let replicas = (0..count).map(|_| start()).collect::<anyhow::Result<Vec<_>>>()?;
    let took = tokio::time::timeout(PATIENCE, async {
        until_shared(&database, &replicas).await?;
        let before: u64 = replicas.iter().map(Replica::taken).sum();
        append(&database, EVENTS).await?;
        let began = Instant::now();
        while replicas.iter().map(Replica::taken).sum::<u64>() < before + EVENTS {
            tokio::time::sleep(LOOK).await;
        }
        anyhow::Ok(began.elapsed())
    });
    let took = took.await.context("the events did not come through")??;
    cancel.cancel();
    running.close();
    running.wait().await;
    Ok(took)
}

/// Until every relay has its share of the shards, and every reader takes events.
async fn until_shared(database: &Database, replicas: &[Replica]) -> anyhow::Result<()> {
    let share = usize::from(SHARDS) / replicas.len();
    while replicas.iter().any(|replica| replica.tenure.borrow().shards.len() != share || replica.taken() == 0) {
        append(database, SUBJECTS).await?;
        tokio::time::sleep(PAUSE).await;
    }
    let mut seen = u64::MAX;
    loop {
        let now = replicas.iter().map(Replica::taken).sum();
        if now == std::mem::replace(&mut seen, now) {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn create_table(database: &Database) -> anyhow::Result<()> {
    let create = "CREATE TABLE seen (subject VARCHAR(64) PRIMARY KEY, revision BIGINT NOT NULL)";
    let work =
        database.write(move |c| Box::pin(async move { sql::query(create).execute(c).await.stored().map(drop) })).await;
    Ok(work?)
}

/// In one transaction: all are there at once.
async fn append(database: &Database, count: u64) -> anyhow::Result<()> {
    let ambient = Ambient::system();
    let event = |number: u64| {
        let (subject, revision) = (format!("subject-{}", number % SUBJECTS), number / SUBJECTS + 1);
        let text = "a payload as long as most events are, which is some two hundred bytes of a message ".repeat(2);
        Event::new(&ambient, Topic::User, ServiceName::User, "user.updated", &subject, revision, &text)
    };
    let events: Arc<[Event]> = (0..count).map(event).collect();
    let append = database.write(move |c| {
        let events = events.clone();
        Box::pin(async move {
            for event in events.iter() {
                bus::outbox::append(c, event).await?;
            }
            Ok(())
        })
    });
    Ok(append.await?)
}

/// A consumer that keeps each subject's highest revision.
struct Counter {
    database: Database,
    taken: Arc<AtomicU64>,
}

#[async_trait]
impl Consumer for Counter {
    fn name(&self) -> &'static str {
        "bench"
    }

    async fn position(&self, _: Topic) -> Result<u64, Failure> {
        Ok(0)
    }

    async fn apply(&self, _: Topic, records: Vec<Record>) -> Result<Vec<DeadLetter>, Failure> {
        let count = records.len() as u64;
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let mut insert = QueryBuilder::new("INSERT INTO seen (subject, revision) VALUES ");
                for (at, Record { event, .. }) in records.into_iter().enumerate() {
                    insert.push(if at == 0 { "(" } else { ", (" }).push_bind(event.subject);
                    insert.push(", ").push_bind(event.revision as i64).push(")");
                }
                insert.push(" ON DUPLICATE KEY UPDATE revision = GREATEST(revision, VALUES(revision))");
                insert.build().execute(c).await.stored().map(drop)
            })
        });
        work.await?;
        self.taken.fetch_add(count, Ordering::Relaxed);
        Ok(Vec::new())
    }
}
