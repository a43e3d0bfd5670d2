//! Topics of a test's own on the shared broker, or on one of its own.

use std::sync::Arc;
use std::time::Duration;

use bus::kafka::{KafkaProducer, Names, Reader, Settings, topics};
use bus::{Consumer, Event, Outbox, Relay, Topic};
use kit::{Ambient, ServiceName};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::Headers as _;
use rdkafka::{Message as _, Offset, TopicPartitionList};
use testkit::outbox::{Fault, MemoryOutbox};
use testkit::servers;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub struct Broker {
    pub settings: Settings,
    topics: Vec<Topic>,
}

impl Broker {
    /// With these topics.
    pub async fn with(topics: &[Topic]) -> Self {
        Self::at(&servers::kafka(), topics).await
    }

    pub async fn at(address: &str, topics: &[Topic]) -> Self {
        let settings =
            Settings { names: Names::new(&format!("{}.", servers::unique("bus"))), ..Settings::new(address) };
        topics::ensure(&settings, topics).await.unwrap();
        Self::on(settings, topics)
    }

    /// Where the topics are already.
    pub fn on(settings: Settings, topics: &[Topic]) -> Self {
        Self { settings, topics: topics.to_vec() }
    }

    pub fn producer(&self) -> Arc<KafkaProducer> {
        Arc::new(KafkaProducer::open(&self.settings, "test").unwrap())
    }

    pub fn admin(&self) -> AdminClient<DefaultClientContext> {
        ClientConfig::new().set("bootstrap.servers", &self.settings.brokers).create().unwrap()
    }

    /// A relay that runs.
    pub fn relay(&self, outbox: Arc<dyn Outbox>) -> Running {
        let relay = Relay::new(ServiceName::User, outbox, self.producer(), Ambient::system());
        Running::begin(|cancel| async move { relay.run(cancel).await })
    }

    /// A member of a consumer's group that runs.
    pub fn reader(&self, consumer: Arc<dyn Consumer>, generation: &str) -> Running {
        let reader = self.open(consumer, generation);
        Running::begin(|cancel| reader.run(cancel))
    }

    pub fn open(&self, consumer: Arc<dyn Consumer>, generation: &str) -> Reader {
        Reader::open(&self.settings, consumer, self.topics.clone(), generation, self.producer()).unwrap()
    }

    /// Key and revision of all records of user's topic, in their order within each partition.
    pub async fn log(&self) -> Vec<(String, u64)> {
        let (brokers, topic) = (self.settings.brokers.clone(), self.settings.names.of(Topic::User).to_owned());
        tokio::task::spawn_blocking(move || read_all(&brokers, &topic)).await.unwrap()
    }

    /// Takes the topics away again.
    pub async fn end(self) {
        let names = &self.settings.names;
        let letters: Vec<String> = self.topics.iter().map(|topic| names.letters_of(*topic)).collect();
        let own = self.topics.iter().map(|topic| names.of(*topic));
        let all: Vec<&str> = own.chain(letters.iter().map(String::as_str)).collect();
        self.admin().delete_topics(&all, &AdminOptions::new()).await.unwrap();
    }
}

fn read_all(brokers: &str, topic: &str) -> Vec<(String, u64)> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "test.stranger")
        .set("enable.partition.eof", "true")
        .create()
        .unwrap();
    let mut places = TopicPartitionList::new();
    for partition in 0..topics::PARTITIONS {
        places.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&places).unwrap();
    let (mut ends, mut seen) = (0, Vec::new());
    while ends < topics::PARTITIONS {
        match consumer.poll(Duration::from_secs(30)) {
            Some(Ok(message)) => {
                let key = String::from_utf8(message.key().unwrap().to_vec()).unwrap();
                let revision = message.headers().unwrap().iter().find(|header| header.key == "ce_revision").unwrap();
                seen.push((key, String::from_utf8_lossy(revision.value.unwrap()).parse().unwrap()));
            }
            Some(Err(KafkaError::PartitionEOF(_))) => ends += 1,
            other => panic!("the log cannot be read: {:?}", other.map(|read| read.map(drop))),
        }
    }
    seen
}

/// Something that runs until it is stopped.
pub struct Running {
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    pub fn begin<F: Future<Output = ()> + Send + 'static>(work: impl FnOnce(CancellationToken) -> F) -> Self {
        let cancel = CancellationToken::new();
        let task = tokio::spawn(work(cancel.clone()));
        Self { cancel, task }
    }

    /// As SIGTERM does.
    pub async fn stop(self) {
        self.cancel.cancel();
        self.task.await.unwrap();
    }

    /// As a crash does.
    pub async fn crash(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

pub fn outbox() -> Arc<MemoryOutbox> {
    Arc::new(MemoryOutbox::new(Fault::Nothing))
}

/// An event of user's.
pub fn event(subject: &str, revision: u64) -> Event {
    kind("user.updated", subject, revision)
}

pub fn kind(kind: &str, subject: &str, revision: u64) -> Event {
    let text = format!("{subject} at {revision}");
    Event::new(&Ambient::system(), Topic::User, ServiceName::User, kind, subject, revision, &text)
}
