//! Lets topics forget what was deleted a week ago: a compacted topic keeps the newest record of each subject for good,
//! which for a deleted one is the deletion, until a record without a value follows.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;

use kit::{Ambient, Failure, Timestamp};
use rdkafka::topic_partition_list::Offset;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::envelope::{Content, Received};
use super::topics::PARTITIONS;
use super::{KafkaProducer, Settings, blocking, outside};
use crate::event::Topic;
use crate::relay::Tenure;
use crate::shard::shard_of;

/// How long a deletion stands, so that a reader which was away a week has heard of it.
const STANDS: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Between two sweeps.
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Sweeps a producer's own compacted topics every day, the first time an hour after the start. Of several replicas that
/// one does it which holds the shard that a topic's name falls into.
pub async fn run(
    settings: Settings,
    producer: std::sync::Arc<KafkaProducer>,
    topics: Vec<Topic>,
    ambient: Ambient,
    tenure: watch::Receiver<Tenure>,
    cancel: CancellationToken,
) {
    let mut pause = Duration::from_secs(60 * 60);
    while cancel.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
        pause = EVERY;
        for topic in topics.iter().copied().filter(|topic| topic.is_compacted()) {
            if !tenure.borrow().covers(shard_of(topic.as_str())) {
                continue;
            }
            match cancel.run_until_cancelled(sweep(&settings, &producer, topic, ambient.now())).await {
                Some(Ok(0)) | None => {}
                Some(Ok(forgotten)) => tracing::info!(topic = topic.as_str(), forgotten, "forgot what was deleted"),
                Some(Err(failure)) => tracing::warn!(topic = topic.as_str(), %failure, "what was deleted is kept"),
            }
        }
    }
}

/// Writes a tombstone for each subject whose deletion was a week ago; says how many.
pub async fn sweep(
    settings: &Settings,
    producer: &KafkaProducer,
    topic: Topic,
    now: Timestamp,
) -> Result<u64, Failure> {
    let settings = settings.clone();
    let deleted = blocking(move || deleted(&settings, topic)).await?;
    let mut forgotten = 0;
    for (subject, _) in deleted.into_iter().filter(|(_, at)| now.since(*at) >= STANDS) {
        producer.forget(topic, &subject).await?;
        forgotten += 1;
    }
    Ok(forgotten)
}

/// Deleted subjects without a tombstone, and when they were deleted.
fn deleted(settings: &Settings, topic: Topic) -> Result<HashMap<String, Timestamp>, Failure> {
    let mut last = Last::default();
    let everything: Vec<_> = (0..PARTITIONS).map(|partition| (partition, Offset::Beginning)).collect();
    outside::read(settings, topic, &everything, |received| {
        last.see(received);
        ControlFlow::Continue(())
    })?;
    Ok(last.deleted)
}

#[derive(Default)]
struct Last {
    deleted: HashMap<String, Timestamp>,
}

impl Last {
    fn see(&mut self, received: &Received) {
        match &received.content {
            // Ids are never used again, so what comes behind a deletion is a straggler and changes nothing.
            Content::Event(event) if event.topic.last_kind() == Some(&*event.kind) => {
                self.deleted.insert(event.subject.clone(), event.at);
            }
            Content::Tombstone => drop(self.deleted.remove(&received.subject)),
            Content::Event(_) | Content::Unreadable(_) => {}
        }
    }
}
