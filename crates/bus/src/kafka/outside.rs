//! Reads a topic outside any group, from given offsets to the ends that its partitions have now. Blocks its thread.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use kit::{ErrorCode, Failure};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::envelope::Received;
use super::link::{Link, config};
use super::{Settings, away};
use crate::event::Topic;
use rdkafka::ClientContext;
use rdkafka::consumer::ConsumerContext;

/// How long a broker may take for the next record.
const PATIENCE: Duration = Duration::from_secs(10);

struct Outside(Link);

impl ClientContext for Outside {
    fn error(&self, error: KafkaError, reason: &str) {
        self.0.error(error, reason);
    }
}

impl ConsumerContext for Outside {}

/// Shows each record to `each`, until that breaks off or there are no more. Order holds within a partition.
pub fn read(
    settings: &Settings,
    topic: Topic,
    from: &[(i32, Offset)],
    mut each: impl FnMut(&Received) -> ControlFlow<()>,
) -> Result<(), Failure> {
    let reader = open(settings, topic, from)?;
    let mut unfinished: BTreeSet<i32> = from.iter().map(|(partition, _)| *partition).collect();
    let mut heard = Instant::now();
    while !unfinished.is_empty() {
        match reader.poll(Duration::from_millis(500)) {
            Some(Ok(message)) => {
                heard = Instant::now();
                let received = Received::from(&settings.names, &message);
                if received.is_some_and(|received| each(&received).is_break()) {
                    return Ok(());
                }
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                heard = Instant::now();
                unfinished.remove(&partition);
            }
            // Lost connections come back, or the patience ends.
            Some(Err(_)) | None if heard.elapsed() < PATIENCE => {}
            Some(Err(error)) => return Err(away(&error)),
            None => return Err(Failure::of(ErrorCode::PeerUnavailable).operator("Kafka: a partition cannot be read")),
        }
    }
    Ok(())
}

fn open(settings: &Settings, topic: Topic, from: &[(i32, Offset)]) -> Result<BaseConsumer<Outside>, Failure> {
    let mut config = config(settings, "outside");
    config
        // A group that it never joins: the client wants a name.
        .set("group.id", "berth.outside")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        // Records may have been deleted since the offset was told.
        .set("auto.offset.reset", "earliest")
        .set("queued.max.messages.kbytes", "4096")
        .set("fetch.max.bytes", "4194304");
    let reader: BaseConsumer<Outside> =
        config.create_with_context(Outside(Link::new("outside"))).map_err(Failure::internal)?;
    let mut places = TopicPartitionList::new();
    for (partition, offset) in from {
        places.add_partition_offset(settings.names.of(topic), *partition, *offset).map_err(|error| away(&error))?;
    }
    reader.assign(&places).map_err(|error| away(&error))?;
    Ok(reader)
}
