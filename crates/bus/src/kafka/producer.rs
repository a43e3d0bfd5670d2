//! The one producer of a process: idempotent, acknowledged by all replicas in sync, and made anew when it can go on no more.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use futures::future::join_all;
use kit::Failure;
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::BaseRecord;
use tokio::sync::oneshot;

use super::client::Client;
use super::link::{Link, config};
use super::{Names, Settings, away, envelope};
use crate::event::{Event, Topic};
use crate::ports::{DELIVERY, Producer};

type Handed = Result<oneshot::Receiver<Result<(), KafkaError>>, Failure>;

/// Sends events, dead letters and tombstones.
pub struct KafkaProducer {
    who: String,
    link: Link,
    config: ClientConfig,
    names: Names,
    current: RwLock<Arc<Client>>,
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
        let current = RwLock::new(Arc::new(Client::create(&config, &link)?));
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

    fn hand_over(&self, outgoing: Outgoing<'_>) -> Handed {
        let Outgoing { topic, key, headers, data: payload } = outgoing;
        let key = Some(key);
        let record = |delivery_opaque| BaseRecord {
            topic,
            partition: None,
            payload,
            key,
            timestamp: None,
            headers: Some(headers),
            delivery_opaque,
        };
        self.client().send(record).map_err(|error| away(&error))
    }

    fn client(&self) -> Arc<Client> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes note of what sending came to.
    fn after(&self, sent: bool) {
        if sent {
            self.link.works();
        } else if let Some((code, reason)) = self.client().fatal_error() {
            tracing::error!(client = self.who, ?code, reason, "the producer can go on no more and is made anew");
            match Client::create(&self.config, &self.link) {
                Ok(new) => *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new),
                Err(failure) => tracing::error!(client = self.who, %failure, "no producer could be made"),
            }
        }
    }
}

async fn acknowledged(handed: Handed) -> Result<(), Failure> {
    let answer = handed?.await.map_err(|_| Failure::internal("a producer was ended").unknown())?;
    answer.map_err(|error| away(&error).unknown())
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
