//! Builds what the feed knows of people out of the bus. An event that cannot be read is put aside, so that it never holds
//! up the others.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use bus::consume::DeadLetter;
use bus::{Consumer, News, Record, Topic};
use kit::Failure;

use crate::events::{Reading, read};
use crate::ports::{Intake, PeopleStore};

/// The topics that tell of people.
pub const TOPICS: [Topic; 2] = [Topic::User, Topic::Allocation];
const NAME: &str = "feed";

pub struct Acquaintance {
    pub people: Arc<dyn PeopleStore>,
    /// Wakes whoever waits for a name.
    pub news: News,
}

#[async_trait]
impl Consumer for Acquaintance {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn position(&self, topic: Topic) -> Result<u64, Failure> {
        self.people.position(NAME, topic).await
    }

    async fn apply(&self, topic: Topic, records: Vec<Record>) -> Result<Vec<DeadLetter>, Failure> {
        let Some(position) = records.last().map(|record| record.position) else { return Ok(Vec::new()) };
        let mut intake = Intake { topic, effects: Vec::new(), letters: Vec::new(), position };
        for record in records {
            sort(record, &mut intake);
        }
        let letters = intake.letters.clone();
        self.people.take(NAME, intake).await?;
        self.news.tell();
        Ok(letters)
    }
}

fn sort(record: Record, intake: &mut Intake) {
    match read(&record.event) {
        Ok(Reading::Effect(effect)) => intake.effects.push(effect),
        Ok(Reading::Nothing) => {}
        Ok(Reading::Unknown) => {
            metrics::counter!("berth_bus_skipped_total", "consumer" => NAME, "kind" => record.event.kind).increment(1);
        }
        Err(failure) => {
            tracing::error!(kind = record.event.kind, subject = record.event.subject, %failure, "put an event aside");
            metrics::counter!("berth_bus_dead_letters_total", "consumer" => NAME).increment(1);
            intake.letters.push(DeadLetter { record, reason: failure.to_string() });
        }
    }
}
