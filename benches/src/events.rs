//! Events a second from an outbox on MySQL through relays, Kafka and a consumer that commits each batch on MySQL, with one
//! and with two replicas of both, in turn and in one run. Prints a table with ratios; asserts nothing.

mod stats;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use async_trait::async_trait;
use bus::kafka::{KafkaProducer, Names, Reader, Settings, topics};
use bus::{Consumer, DeadLetter, Event, Record, Relay, SqlOutbox, Topic};
use kit::{Ambient, Failure, ServiceName};
use sql::{Database, QueryBuilder, Stored as _};
use stats::Sample;
use testkit::databases::fresh_mysql;
use testkit::servers;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const EVENTS: u64 = 20_000;
const SUBJECTS: u64 = 2_000;
/// Events of one transaction while the outbox is filled, which is not measured.
const CHUNK: usize = 500;
const ROUNDS: usize = 3;
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

/// How long all events take with so many relays and as many readers, from the start of the first.
async fn carry(replicas: usize) -> anyhow::Result<Duration> {
    let (database, own) = fresh_mysql(&[&bus::MIGRATIONS]).await;
    create_table(&database).await?;
    fill(&database).await?;
    let names = Names::new(&format!("{}.", servers::unique("bench")));
    let settings = Settings { names, ..Settings::new(servers::kafka()) };
    topics::ensure(&settings, &[Topic::User]).await?;
    let (taken, cancel, running) = (Arc::<AtomicU64>::default(), CancellationToken::new(), TaskTracker::new());
    let began = Instant::now();
    for _ in 0..replicas {
        let database = Database::connect(&own.url())?;
        let producer = Arc::new(KafkaProducer::open(&settings, "bench")?);
        let outbox = Arc::new(SqlOutbox::new(database.clone()));
        let relay = Relay::new(ServiceName::User, outbox, producer.clone(), Ambient::system());
        let stop = cancel.clone();
        running.spawn(async move { relay.run(stop).await });
        let counter = Arc::new(Counter { database, taken: taken.clone() });
        let reader = Reader::open(&settings, counter, vec![Topic::User], "bench", producer)?;
        running.spawn(reader.run(cancel.clone()));
    }
    let all = async {
        while taken.load(Ordering::Relaxed) < EVENTS {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, all).await.context("the events did not come through")?;
    let took = began.elapsed();
    cancel.cancel();
    running.close();
    running.wait().await;
    Ok(took)
}

async fn create_table(database: &Database) -> anyhow::Result<()> {
    let create = "CREATE TABLE seen (subject VARCHAR(64) PRIMARY KEY, revision BIGINT NOT NULL)";
    let work =
        database.write(move |c| Box::pin(async move { sql::query(create).execute(c).await.stored().map(drop) })).await;
    Ok(work?)
}

async fn fill(database: &Database) -> anyhow::Result<()> {
    let ambient = Ambient::system();
    let event = |number: u64| {
        let (subject, revision) = (format!("subject-{}", number % SUBJECTS), number / SUBJECTS + 1);
        let text = "a payload as long as most events are, which is some two hundred bytes of a message ".repeat(2);
        Event::new(&ambient, Topic::User, ServiceName::User, "user.updated", &subject, revision, &text)
    };
    let events: Vec<Event> = (0..EVENTS).map(event).collect();
    for chunk in events.chunks(CHUNK) {
        let chunk = chunk.to_vec();
        let append = database.write(move |c| {
            Box::pin(async move {
                for event in &chunk {
                    bus::outbox::append(c, event).await?;
                }
                Ok(())
            })
        });
        append.await?;
    }
    Ok(())
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
