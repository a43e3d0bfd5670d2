//! The outbox as a collection: events that committed with their change and wait for a relay.

mod leases;

use async_trait::async_trait;
use bus::{Event, Key, Lag, Shard, Topic, Trace, Unsent, shard_of};
use kit::{EventId, Failure, ServiceName, Timestamp};
use mongodb::bson::{self, Bson, Document, doc};
use mongodb::options::IndexOptions;
use tokio::sync::watch;

use crate::{Database, Fields as _, Migration, Migrations, Stored as _, Transaction, bytes, index, uuid};

const EVENTS: &str = "outbox";
const LEASES: &str = "outbox_leases";
const RELAYS: &str = "outbox_relays";

/// The collections that a producer needs.
pub const MIGRATIONS: Migrations = &[Migration { name: "0001_outbox", run: |database| Box::pin(make(database)) }];

async fn make(database: &Database) -> Result<(), Failure> {
    database.make_collection(EVENTS).await?;
    database.make_index(EVENTS, index("shard_seq", doc! { "shard": 1, "seq": 1 }, IndexOptions::default())).await?;
    // Relays that ended without a word are struck off when they are silent; an hour later their rows go too.
    let hour = IndexOptions::builder().expire_after(std::time::Duration::from_secs(3600)).build();
    database.make_index(RELAYS, index("until", doc! { "until": 1 }, hour)).await?;
    database.make_collection(LEASES).await
}

impl Transaction {
    /// Appends an event to the outbox, in the transaction of the change that it announces.
    ///
    /// `seq` is the server's to fill in: it replaces an empty timestamp by its cluster time, which never goes back, not even
    /// where another server takes over. Who changes an aggregate does so after its last change was committed, so an
    /// aggregate's events have the order of their commits.
    pub async fn append(&mut self, event: &Event) -> Result<(), Failure> {
        let row = doc! {
            "_id": uuid(event.id.as_bytes()),
            "seq": bson::Timestamp { time: 0, increment: 0 },
            "shard": i32::from(shard_of(&event.subject).number()),
            "topic": event.topic.as_str(),
            "kind": &event.kind,
            "source": event.source.as_str(),
            "subject": &event.subject,
            "at": event.at.as_micros(),
            "revision": event.revision as i64,
            "request_id": event.trace.request_id.as_deref(),
            "traceparent": event.trace.traceparent.as_deref(),
            "data": bytes(&event.data),
        };
        self.insert(EVENTS, row).await.stored()
    }
}

/// A producer's outbox as its relays see it.
#[derive(Clone)]
pub struct MongoOutbox(Database);

impl MongoOutbox {
    /// Of a database that has `MIGRATIONS`.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }
}

#[async_trait]
impl bus::Outbox for MongoOutbox {
    async fn unsent(&self, shards: &[Shard], limit: usize) -> Result<Vec<Unsent>, Failure> {
        // What only a newer version knows waits for that version's relay, and holds up nobody here.
        let known: Vec<&str> = Topic::all().map(Topic::as_str).collect();
        let filter = doc! { "shard": { "$in": numbers(shards) }, "topic": { "$in": known } };
        let limit = u32::try_from(limit).unwrap_or(u32::MAX).max(1);
        let rows = self.0.list(EVENTS, filter, doc! { "seq": 1 }, limit).await?;
        let unsent = |row| event(row).map(|event| Unsent { key: Key(event.id.as_bytes().to_vec()), event });
        rows.iter().map(unsent).collect()
    }

    async fn sent(&self, keys: &[Key]) -> Result<(), Failure> {
        let keys: Vec<Bson> = keys.iter().map(|key| uuid(&key.0)).collect();
        let events = self.0.collection(EVENTS);
        self.0.ask(events.delete_many(doc! { "_id": { "$in": keys } })).await.written().map(drop)
    }

    async fn lag(&self) -> Result<Lag, Failure> {
        let events = self.0.collection(EVENTS);
        let by_id = mongodb::options::Hint::Keys(doc! { "_id": 1 });
        let rows = self.0.ask(events.count_documents(doc! {}).hint(by_id)).await.stored()?;
        // An event's id begins with its time.
        let oldest = self.0.list(EVENTS, doc! {}, doc! { "_id": 1 }, 1).await?;
        let oldest = oldest.first().map(|row| row.number("at").map(Timestamp::from_micros)).transpose()?;
        Ok(Lag { rows, oldest })
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.0.commits()
    }
}

fn numbers(shards: &[Shard]) -> Vec<Bson> {
    shards.iter().map(|shard| Bson::Int32(i32::from(shard.number()))).collect()
}

fn event(row: &Document) -> Result<Event, Failure> {
    let broken = |what: &str| Failure::internal(format!("an outbox row has a broken {what}"));
    let perhaps = |field: &str| row.has(field).then(|| row.text(field).map(str::to_owned)).transpose();
    Ok(Event {
        id: row.id("_id", EventId::from_bytes)?,
        topic: Topic::parse(row.text("topic")?).ok_or_else(|| broken("topic"))?,
        kind: row.text("kind")?.to_owned(),
        source: row.text("source")?.parse::<ServiceName>().map_err(|_| broken("source"))?,
        subject: row.text("subject")?.to_owned(),
        at: Timestamp::from_micros(row.number("at")?),
        revision: row.number("revision")? as u64,
        trace: Trace { request_id: perhaps("request_id")?, traceparent: perhaps("traceparent")? },
        data: row.bytes("data")?,
    })
}
