//! The one producer of a process: idempotent, acknowledged by all replicas in sync, and made anew when it can go on no more.

use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;
use futures::future::join_all;
use kit::Failure;
use rdkafka::config::ClientConfig;
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::future_producer::OwnedDeliveryResult;
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord, Producer as _};

use super::link::{Link, config};
use super::{Names, Settings, away, envelope};
use crate::event::{Event, Topic};
use crate::ports::{DELIVERY, Producer};

/// Sends events, dead letters and tombstones.
pub struct KafkaProducer {
    who: String,
    link: Link,
    config: ClientConfig,
    names: Names,
    current: RwLock<FutureProducer<Link>>,
}

/// What is handed over to the client.
struct Outgoing<'a> {
    topic: &'a str,
    key: &'a [u8],
    headers: OwnedHeaders,
    /// None for a tombstone.
    data: Option<&'a [u8]>,
}

impl KafkaProducer {
    /// Brokers need not be there yet. `who` names it to brokers and in the log.
    pub fn open(settings: &Settings, who: &str) -> Result<Self, Failure> {
        let mut config = config(settings, who);
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", "1")
            .set("message.timeout.ms", DELIVERY.as_millis().to_string())
            // As the Java clients do it, so that whoever else writes here finds the same partition for a key.
            .set("partitioner", "murmur2_random");
        let link = Link::new(who);
        let current = RwLock::new(create(&config, &link)?);
        Ok(Self { who: who.to_owned(), link, config, names: settings.names.clone(), current })
    }

    /// Sends a record to a topic by its name and waits for the acknowledgement.
    pub(super) async fn send(
        &self,
        topic: &str,
        key: &[u8],
        headers: OwnedHeaders,
        data: &[u8],
    ) -> Result<(), Failure> {
        let outcome = acknowledged(self.hand_over(Outgoing { topic, key, headers, data: Some(data) })).await;
        self.after(outcome.is_ok());
        outcome
    }

    /// Lets compaction forget a subject.
    pub async fn forget(&self, topic: Topic, subject: &str) -> Result<(), Failure> {
        let (topic, headers) = (self.names.of(topic), OwnedHeaders::new());
        let outgoing = Outgoing { topic, key: subject.as_bytes(), headers, data: None };
        let outcome = acknowledged(self.hand_over(outgoing)).await;
        self.after(outcome.is_ok());
        outcome
    }

    fn hand_over(&self, outgoing: Outgoing<'_>) -> Result<DeliveryFuture, Failure> {
        let record = FutureRecord {
            topic: outgoing.topic,
            partition: None,
            payload: outgoing.data,
            key: Some(outgoing.key),
            timestamp: None,
            headers: Some(outgoing.headers),
        };
        let producer = self.current.read().unwrap_or_else(PoisonError::into_inner);
        producer.send_result(record).map_err(|(error, _)| away(&error))
    }

    /// Takes note of what sending came to.
    fn after(&self, sent: bool) {
        if sent {
            return self.link.works();
        }
        let producer = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((code, reason)) = producer.client().fatal_error() {
            tracing::error!(client = self.who, ?code, reason, "the producer can go on no more and is made anew");
            match create(&self.config, &self.link) {
                Ok(new) => *self.current.write().unwrap_or_else(PoisonError::into_inner) = new,
                Err(failure) => tracing::error!(client = self.who, %failure, "no producer could be made"),
            }
        }
    }
}

fn create(config: &ClientConfig, link: &Link) -> Result<FutureProducer<Link>, Failure> {
    config.create_with_context(link.clone()).map_err(Failure::internal)
}

async fn acknowledged(handed: Result<DeliveryFuture, Failure>) -> Result<(), Failure> {
    let answer: OwnedDeliveryResult = handed?.await.map_err(|_| Failure::internal("a producer was ended"))?;
    answer.map(drop).map_err(|(error, _)| away(&error).unknown())
}

#[async_trait]
impl Producer for KafkaProducer {
    async fn produce(&self, events: &[&Event]) -> Vec<Result<(), Failure>> {
        let hand_over = |event: &&Event| {
            let (topic, headers) = (self.names.of(event.topic), envelope::headers(event));
            let key = event.subject.as_bytes();
            self.hand_over(Outgoing { topic, key, headers, data: Some(&event.data) })
        };
        // All are handed over before the first is waited for: they travel together.
        let handed: Vec<_> = events.iter().map(hand_over).collect();
        let answers = join_all(handed.into_iter().map(acknowledged)).await;
        self.after(answers.iter().all(Result::is_ok));
        answers
    }
}
