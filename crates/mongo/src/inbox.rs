//! What a consumer keeps beside its effects: how far it has come, what it could not read, and which database this is.

use bus::consume::DeadLetter;
use bus::{Record, Topic};
use kit::{Ambient, Failure};
use mongodb::bson::doc;
use mongodb::options::ReturnDocument;

use crate::{Database, Fields as _, Migration, Migrations, Stored as _, Update, bytes};

const POSITIONS: &str = "consumer_positions";
const LETTERS: &str = "dead_letters";
const GENERATIONS: &str = "consumer_generations";

/// The collections that a consumer needs.
pub const MIGRATIONS: Migrations = &[Migration { name: "0001_inbox", run: |database| Box::pin(make(database)) }];

async fn make(database: &Database) -> Result<(), Failure> {
    for collection in [POSITIONS, LETTERS, GENERATIONS] {
        database.make_collection(collection).await?;
    }
    Ok(())
}

impl Database {
    /// How far a consumer has come; 0 before its first event.
    pub async fn position(&self, consumer: &str, topic: Topic) -> Result<u64, Failure> {
        let found = self.find(POSITIONS, doc! { "_id": place(consumer, topic) }).await?;
        let position = found.map(|found| found.number("position")).transpose()?;
        Ok(position.unwrap_or(0) as u64)
    }

    /// Moves a consumer forward, never back.
    pub async fn advance(&self, consumer: &str, topic: Topic, position: u64) -> Result<(), Failure> {
        let positions = self.collection(POSITIONS);
        let forward = doc! { "$max": { "position": position as i64 } };
        self.ask(positions.update_one(doc! { "_id": place(consumer, topic) }, forward).upsert(true)).await.written()?;
        Ok(())
    }

    /// Puts events aside that a consumer cannot read, for a person to look at; one that was put aside before stays one.
    pub async fn bury(&self, consumer: &str, letters: &[DeadLetter]) -> Result<(), Failure> {
        let letters = letters.iter().map(|letter| {
            let Record { position, event } = &letter.record;
            let id = format!("{consumer}/{}/{position}", event.topic.as_str());
            let row = doc! {
                "_id": &id, "consumer": consumer, "topic": event.topic.as_str(), "position": *position as i64, "kind": &event.kind,
                "subject": &event.subject, "revision": event.revision as i64, "reason": &letter.reason,
                "at": event.at.as_micros(), "data": bytes(&event.data),
            };
            Update { id: id.into(), pipeline: vec![doc! { "$replaceWith": { "$literal": row } }] }
        });
        self.update_each(LETTERS, letters.collect()).await
    }

    /// An id that lives as long as what the consumer took in: a database that was emptied has another one.
    pub async fn generation(&self, consumer: &str) -> Result<String, Failure> {
        let generations = self.collection(GENERATIONS);
        let fresh = Ambient::system().uuid().simple().to_string();
        let made = generations
            .find_one_and_update(doc! { "_id": consumer }, doc! { "$setOnInsert": { "generation": fresh } })
            .upsert(true)
            .return_document(ReturnDocument::After);
        let found = self.ask(made).await.written()?.ok_or_else(|| Failure::internal("a generation was not kept"))?;
        found.text("generation").map(str::to_owned)
    }
}

fn place(consumer: &str, topic: Topic) -> String {
    format!("{consumer}/{}", topic.as_str())
}
