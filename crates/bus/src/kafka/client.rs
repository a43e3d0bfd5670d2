//! One producing client and the thread that serves it: without a wake-up while nothing is on its way, which is most of the
//! time of most services.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use kit::Failure;
use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};
use tokio::sync::oneshot;

use super::link::Link;

/// How long the thread waits for acknowledgements at a time.
const TURN: Duration = Duration::from_millis(100);
/// How often it looks for what librdkafka says by itself, while nothing is on its way.
const IDLE: Duration = Duration::from_secs(1);
/// How much of that it takes in at a time.
const SAYINGS: usize = 16;

type Answer = oneshot::Sender<Result<(), KafkaError>>;
/// A record, with whom to tell what became of it.
pub type Record<'a> = BaseRecord<'a, [u8], [u8], Box<Answer>>;

/// Tells each sender what became of its record.
struct Deliveries(Link);

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.0.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.error(error, reason);
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = Box<Answer>;

    fn delivery(&self, result: &DeliveryResult<'_>, answer: Box<Answer>) {
        // Whoever sent it may have gone away.
        let _ = answer.send(result.as_ref().map(drop).map_err(|(error, _)| error.clone()));
    }
}

/// A client that sends. Ends with its last clone.
pub struct Client {
    producer: Arc<BaseProducer<Deliveries>>,
    server: Thread,
    ended: Arc<AtomicBool>,
}

impl Client {
    pub fn create(config: &ClientConfig, link: &Link) -> Result<Self, Failure> {
        let producer: BaseProducer<_> =
            config.create_with_context(Deliveries(link.clone())).map_err(Failure::internal)?;
        let (producer, ended) = (Arc::new(producer), Arc::new(AtomicBool::new(false)));
        let server = serve(producer.clone(), ended.clone()).map_err(Failure::internal)?;
        Ok(Self { producer, server: server.thread().clone(), ended })
    }

    /// Hands a record over: `record` makes it of whom to tell. What became of it comes later.
    pub fn send<'a>(
        &self,
        record: impl FnOnce(Box<Answer>) -> Record<'a>,
    ) -> Result<oneshot::Receiver<Result<(), KafkaError>>, KafkaError> {
        let (answer, told) = oneshot::channel();
        self.producer.send(record(Box::new(answer))).map_err(|(error, _)| error)?;
        self.server.unpark();
        Ok(told)
    }

    /// Why it can go on no more.
    pub fn fatal_error(&self) -> Option<(RDKafkaErrorCode, String)> {
        self.producer.client().fatal_error()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        self.server.unpark();
    }
}

fn serve(producer: Arc<BaseProducer<Deliveries>>, ended: Arc<AtomicBool>) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name("kafka-producer".to_owned()).spawn(move || {
        while !ended.load(Ordering::Relaxed) {
            if producer.in_flight_count() > 0 {
                producer.poll(TURN);
            } else {
                thread::park_timeout(IDLE);
                (0..SAYINGS).for_each(|_| producer.poll(Duration::ZERO));
            }
        }
    })
}
