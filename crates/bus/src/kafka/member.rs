//! A reader's place in its group: which partitions are its own right now, and what of them is still to be committed.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, ConsumerContext, Rebalance, StreamConsumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList, TopicPartitionListElem};

use super::link::{Link, config};
use super::places::{Place, Places};
use super::{Names, Settings};
use crate::event::Topic;
use kit::Failure;

/// A client that is a member of a group.
pub type Group = StreamConsumer<Member>;

/// What librdkafka tells a member.
pub struct Member {
    pub link: Link,
    names: Names,
    places: Mutex<Places>,
}

impl Member {
    /// Whether a partition is read by this member and nobody else.
    pub fn owns(&self, topic: Topic, partition: i32) -> bool {
        self.places().owns((topic, partition))
    }

    /// All before `next` took effect.
    pub fn done(&self, topic: Topic, partition: i32, next: i64) {
        self.places().done((topic, partition), next);
    }

    /// Where what took effect ends, as far as the brokers have not acknowledged that.
    pub fn uncommitted(&self) -> BTreeMap<Place, i64> {
        self.places().uncommitted().clone()
    }

    pub fn has_uncommitted(&self) -> bool {
        !self.places().uncommitted().is_empty()
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(
        &self,
        partitions: &TopicPartitionList,
        change: impl Fn(&mut Places, Place, &TopicPartitionListElem<'_>),
    ) {
        let mut places = self.places();
        for element in partitions.elements() {
            if let Some(topic) = self.names.parse(element.topic()) {
                change(&mut places, (topic, element.partition()), &element);
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
            self.change(partitions, |places, place, _| places.lose(place));
        }
    }

    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(partitions) = rebalance {
            self.change(partitions, |places, place, _| places.gain(place));
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, offsets: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::debug!(%error, "offsets were not committed: they are committed again");
            return;
        }
        self.change(offsets, |places, place, element| match (element.error(), element.offset()) {
            (Ok(()), Offset::Offset(next)) => places.committed(place, next),
            (error, _) => tracing::debug!(?place, ?error, "an offset was not committed: it is committed again"),
        });
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
        // An answer comes with the first event in any case: this is how often an idle reader is woken by none.
        .set("fetch.wait.max.ms", "2000")
        // Events are small; the defaults would hold 64 MiB of them ready.
        .set("queued.min.messages", "1000")
        .set("queued.max.messages.kbytes", "4096")
        .set("fetch.max.bytes", "4194304")
        .set("fetch.queue.backoff.ms", "10");
    let member = Member { link: Link::new(who), names: settings.names.clone(), places: Mutex::default() };
    config.create_with_context(member).map_err(Failure::internal)
}
