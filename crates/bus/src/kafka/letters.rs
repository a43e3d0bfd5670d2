//! Records that a consumer could not read go to `<topic>.dlq`, as they came and with the reason in a header.

use kit::Failure;
use rdkafka::message::{Header, OwnedHeaders};

use super::envelope::{Foreign, Received};
use super::{KafkaProducer, Names};
use crate::consume::DeadLetter;
use crate::event::Topic;

/// Puts records aside for one consumer.
pub struct Letters<'a> {
    pub producer: &'a KafkaProducer,
    pub names: &'a Names,
    pub consumer: &'static str,
}

/// Where a record stood and why it was put aside.
struct Notes<'a> {
    partition: i32,
    offset: i64,
    reason: &'a str,
}

impl Letters<'_> {
    /// An event that the consumer could not read.
    pub async fn unread(&self, letter: &DeadLetter) -> Result<(), Failure> {
        let event = &letter.record.event;
        let (partition, offset) = Received::place(letter.record.position);
        let headers = event.headers().into_iter().map(|(key, value)| (key.to_owned(), value.into_bytes()));
        let notes = Notes { partition, offset, reason: &letter.reason };
        self.send(event.topic, event.subject.as_bytes(), headers, &event.data, &notes).await
    }

    /// What is no event at all.
    pub async fn foreign(&self, received: &Received, foreign: &Foreign) -> Result<(), Failure> {
        let notes = Notes {
            partition: received.partition,
            offset: received.offset,
            reason: "a header of the event's envelope is missing or wrong",
        };
        self.send(received.topic, &foreign.key, foreign.headers.iter().cloned(), &foreign.data, &notes).await?;
        // Said once it is done: sending is tried again until then.
        metrics::counter!("berth_bus_dead_letters_total", "consumer" => self.consumer).increment(1);
        tracing::error!(
            consumer = self.consumer,
            topic = received.topic.as_str(),
            received.partition,
            received.offset,
            "put a record aside that is no event"
        );
        Ok(())
    }

    async fn send(
        &self,
        topic: Topic,
        key: &[u8],
        headers: impl Iterator<Item = (String, Vec<u8>)>,
        data: &[u8],
        notes: &Notes<'_>,
    ) -> Result<(), Failure> {
        let place = [("berth-partition", notes.partition.to_string()), ("berth-offset", notes.offset.to_string())];
        let told = [("berth-consumer", self.consumer.to_owned()), ("berth-reason", notes.reason.to_owned())];
        let notes = place.into_iter().chain(told).map(|(key, value)| (key.to_owned(), value.into_bytes()));
        let headers = headers
            .chain(notes)
            .fold(OwnedHeaders::new(), |all, (key, value)| all.insert(Header { key: &key, value: Some(&value) }));
        self.producer.send(&self.names.letters_of(topic), key, headers, data).await
    }
}
