//! How a client of Kafka's is set up, and what it says of its connection: once when the brokers are lost and once when they
//! are back, however often it tries in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::Settings;

/// A connection's state, and whose it is. Its clones are one.
#[derive(Clone)]
pub struct Link {
    who: Arc<str>,
    down: Arc<AtomicBool>,
}

impl Link {
    pub fn new(who: &str) -> Self {
        Self { who: who.into(), down: Arc::default() }
    }

    /// A broker answered.
    pub fn works(&self) {
        if self.down.swap(false, Ordering::Relaxed) {
            tracing::info!(client = &*self.who, "Kafka answers again");
        }
    }

    /// An error that came where a record was hoped for.
    pub fn complain(&self, error: &KafkaError) {
        use RDKafkaErrorCode as Code;
        match error.rdkafka_error_code() {
            Some(Code::UnknownTopicOrPartition | Code::UnknownTopic) => {
                tracing::warn!(client = &*self.who, %error, "a topic is not there: `berthd migrate` makes it");
            }
            // Lost connections are told of as such, once.
            Some(Code::AllBrokersDown | Code::BrokerTransportFailure | Code::Resolve | Code::OperationTimedOut) => {
                tracing::debug!(client = &*self.who, %error, "librdkafka");
            }
            _ => tracing::warn!(client = &*self.who, %error, "Kafka complains"),
        }
    }

    /// No broker answers.
    pub fn lost(&self, why: &str) {
        if !self.down.swap(true, Ordering::Relaxed) {
            tracing::warn!(client = &*self.who, why, "Kafka does not answer: events wait");
        }
    }
}

impl ClientContext for Link {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        // What matters of this comes as errors too, and there it is told once.
        tracing::debug!(client = &*self.who, ?level, facility, message, "librdkafka");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) {
            self.lost(reason);
        } else {
            tracing::debug!(client = &*self.who, %error, reason, "librdkafka");
        }
    }
}

/// What all our clients have in common.
pub fn config(settings: &Settings, who: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &settings.brokers)
        .set("client.id", format!("berth-{who}"))
        .set("socket.keepalive.enable", "true")
        // The default lets a call that is never answered block for a minute.
        .set("socket.timeout.ms", "10000")
        .set("reconnect.backoff.max.ms", "2000")
        // A topic that was made after a client began is seen within this time, in place of five minutes.
        .set("topic.metadata.refresh.interval.ms", "30000")
        .set_log_level(RDKafkaLogLevel::Warning);
    config
}
