//! Builds the read model out of the bus. An event that cannot be read is put aside, so that it never holds up the others.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use bus::consume::DeadLetter;
use bus::{Consumer, News, Record, Topic};
use kit::Failure;

use crate::events::effect;
use crate::ports::{Intake, ReadModel};

/// The topics that the read model is built from.
pub const TOPICS: [Topic; 3] = [Topic::User, Topic::Machine, Topic::Allocation];
const NAME: &str = "verifier";

pub struct Copier {
    pub model: Arc<dyn ReadModel>,
    /// Wakes whoever waits for an event.
    pub news: News,
}

#[async_trait]
impl Consumer for Copier {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn position(&self, topic: Topic) -> Result<u64, Failure> {
        self.model.position(NAME, topic).await
    }

    async fn apply(&self, topic: Topic, records: Vec<Record>) -> Result<Vec<DeadLetter>, Failure> {
        let Some(position) = records.last().map(|record| record.position) else { return Ok(Vec::new()) };
        let mut intake = Intake { topic, effects: Vec::new(), letters: Vec::new(), position };
        for record in records {
            sort(record, &mut intake);
        }
        let letters = intake.letters.clone();
        self.model.take(NAME, intake).await?;
        self.news.tell();
        Ok(letters)
    }
}

fn sort(record: Record, intake: &mut Intake) {
    match effect(&record.event) {
        Ok(Some(effect)) => intake.effects.push(effect),
        Ok(None) => {
            metrics::counter!("berth_bus_skipped_total", "consumer" => NAME, "kind" => record.event.kind).increment(1);
        }
        Err(failure) => {
            tracing::error!(kind = record.event.kind, subject = record.event.subject, %failure, "put an event aside");
            metrics::counter!("berth_bus_dead_letters_total", "consumer" => NAME).increment(1);
            intake.letters.push(DeadLetter { record, reason: failure.to_string() });
        }
    }
}
