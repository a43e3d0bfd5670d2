//! A reader's place in its group: which partitions are its own right now.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, ConsumerContext, Rebalance, StreamConsumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::TopicPartitionList;

use super::link::{Link, config};
use super::{Names, Settings};
use crate::event::Topic;
use kit::Failure;

/// A client that is a member of a group.
pub type Group = StreamConsumer<Member>;

type Partitions = BTreeSet<(Topic, i32)>;

/// What librdkafka tells a member.
pub struct Member {
    pub link: Link,
    names: Names,
    owned: Mutex<Partitions>,
}

impl Member {
    /// Whether a partition is read by this member and nobody else.
    pub fn owns(&self, topic: Topic, partition: i32) -> bool {
        self.owned.lock().unwrap_or_else(PoisonError::into_inner).contains(&(topic, partition))
    }

    fn change(&self, partitions: &TopicPartitionList, change: fn(&mut Partitions, (Topic, i32)) -> bool) {
        let mut owned = self.owned.lock().unwrap_or_else(PoisonError::into_inner);
        for element in partitions.elements() {
            if let Some(topic) = self.names.parse(element.topic()) {
                change(&mut owned, (topic, element.partition()));
            }
        }
    }
}

impl ClientContext for Member {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.link.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.link.error(error, reason);
    }
}

impl ConsumerContext for Member {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Revoke(partitions) = rebalance {
            self.change(partitions, |owned, partition| owned.remove(&partition));
        }
    }

    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(partitions) = rebalance {
            self.change(partitions, BTreeSet::insert);
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        // What was not committed is read again, which changes nothing.
        if let Err(error) = result {
            tracing::debug!(%error, "offsets were not committed");
        }
    }
}

/// A member of a group that reads nothing yet.
pub fn member(settings: &Settings, who: &str, id: &str) -> Result<Group, Failure> {
    let mut config = config(settings, who);
    config
        .set("group.id", id)
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("partition.assignment.strategy", "cooperative-sticky")
        // A member that dies is missed after 10 s, so that its partitions are read on within 15.
        .set("session.timeout.ms", "10000")
        .set("heartbeat.interval.ms", "3000")
        // Events are small; the defaults would hold 64 MiB of them ready.
        .set("queued.min.messages", "1000")
        .set("queued.max.messages.kbytes", "4096")
        .set("fetch.max.bytes", "4194304")
        .set("fetch.queue.backoff.ms", "10");
    let member = Member { link: Link::new(who), names: settings.names.clone(), owned: Mutex::default() };
    config.create_with_context(member).map_err(Failure::internal)
}
