//! Drives a consumer with what its group is given. Offsets are committed when the consumer has committed the effect, so a
//! crash between the two repeats events and loses none; a repeat changes nothing, by revision.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::FutureExt as _;
use kit::Failure;
use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::KafkaResult;
use rdkafka::message::BorrowedMessage;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::envelope::{Content, Received};
use super::letters::Letters;
use super::member::{Group, member};
use super::progress::{self, Progress};
use super::{KafkaProducer, Names, Settings, topics};
use crate::consume::{self, Consumer, Record};
use crate::event::Topic;
use crate::mood::Mood;

/// How many records are taken together at most.
const BATCH: usize = 256;
/// How often the group is served while a consumer works or has to wait; it would give a silent member up after five minutes.
const SERVED: Duration = Duration::from_secs(1);
/// How soon offsets are committed again that were refused.
const AGAIN: Duration = Duration::from_secs(1);
/// How long a consumer may go on with what it began when the process stops.
const FINISH: Duration = Duration::from_secs(5);
/// How long leaving the group may take.
const LEAVE: Duration = Duration::from_secs(10);
/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// One process's member of one consumer's group.
pub struct Reader {
    consumer: Arc<dyn Consumer>,
    topics: Vec<Topic>,
    names: Names,
    settings: Settings,
    group_id: String,
    group: Arc<Group>,
    producer: Arc<KafkaProducer>,
    progress: watch::Sender<Progress>,
    paused: AtomicBool,
}

impl Reader {
    /// Brokers need not be there yet. `generation` is an id in the consumer's own database: an empty database has a new one,
    /// and with it a group that begins at the beginning. `producer` takes dead letters.
    pub fn open(
        settings: &Settings,
        consumer: Arc<dyn Consumer>,
        topics: Vec<Topic>,
        generation: &str,
        producer: Arc<KafkaProducer>,
    ) -> Result<Self, Failure> {
        let group_id = format!("berth.{}.{generation}", consumer.name());
        let group = Arc::new(member(settings, consumer.name(), &group_id)?);
        let progress = watch::Sender::new(Progress::default());
        let (names, settings) = (settings.names.clone(), settings.clone());
        Ok(Self {
            consumer,
            topics,
            names,
            settings,
            group_id,
            group,
            producer,
            progress,
            paused: AtomicBool::new(false),
        })
    }

    /// How far the group has come of what stood in its topics when this process began.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Reads until cancelled, then leaves the group, so that others read on at once.
    pub async fn run(self, cancel: CancellationToken) {
        let place = progress::Place {
            consumer: self.consumer.name(),
            settings: self.settings.clone(),
            topics: self.topics.clone(),
            group: self.group.clone(),
        };
        for topic in &self.topics {
            crate::consume::counted_from_zero(self.consumer.name(), *topic);
        }
        topics::wait_for(&self.settings, &self.topics, &cancel).await;
        tokio::join!(self.read(&cancel), progress::follow(place, &self.progress, &cancel));
        let left = tokio::time::timeout(LEAVE, tokio::task::spawn_blocking(move || drop(self))).await;
        if left.is_err() {
            tracing::warn!("the group could not be left in time: it misses this member in a moment");
        }
    }

    async fn read(&self, cancel: &CancellationToken) {
        let names: Vec<&str> = self.topics.iter().map(|topic| self.names.of(*topic)).collect();
        if let Err(error) = self.group.subscribe(&names) {
            tracing::error!(group = self.group_id, %error, "the topics cannot be read");
            return;
        }
        let mut waiting = VecDeque::new();
        loop {
            let Some(batch) = cancel.run_until_cancelled(self.gather(&mut waiting)).await else { return };
            for (topic, received) in by_topic(batch) {
                if self.take(topic, received, &mut waiting, cancel).await.is_break() {
                    return;
                }
            }
        }
    }

    /// What is there, once something is.
    async fn gather(&self, waiting: &mut VecDeque<Received>) -> Vec<Received> {
        self.resume();
        while waiting.is_empty() {
            tokio::select! {
                message = self.group.recv() => waiting.extend(self.received(message)),
                () = tokio::time::sleep(AGAIN), if self.group.context().has_uncommitted() => self.commit(),
            }
        }
        while waiting.len() < BATCH {
            let Some(next) = self.group.recv().now_or_never() else { break };
            waiting.extend(self.received(next));
        }
        waiting.drain(..waiting.len().min(BATCH)).collect()
    }

    fn received(&self, message: KafkaResult<BorrowedMessage<'_>>) -> Option<Received> {
        match message {
            Ok(message) => {
                self.group.context().link.works();
                Received::from(&self.names, &message)
            }
            Err(error) => {
                self.group.context().link.complain(&error);
                None
            }
        }
    }

    /// Has the consumer take records of one topic, again and again until it does. Breaks off when the process stops.
    async fn take(
        &self,
        topic: Topic,
        mut received: Vec<Received>,
        waiting: &mut VecDeque<Received>,
        cancel: &CancellationToken,
    ) -> ControlFlow<()> {
        let mut mood =
            Mood::new(self.consumer.name(), "events are taken again", "events have to wait for their consumer");
        let mut failures = 0_u32;
        loop {
            // What was given to another member meanwhile is that one's to take.
            received.retain(|received| self.group.context().owns(topic, received.partition));
            let Some(outcome) = self.serving(self.apply(topic, &received), waiting, cancel).await else {
                return ControlFlow::Break(());
            };
            if mood.heard(outcome).is_some() {
                for received in &received {
                    self.group.context().done(topic, received.partition, received.offset + 1);
                }
                self.commit();
                return ControlFlow::Continue(());
            }
            failures += 1;
            crate::consume::count_failure(self.consumer.name(), topic);
            let pause = LONGEST_PAUSE.min(Duration::from_millis(50 << failures.min(7)));
            let waited = self.serving(tokio::time::sleep(pause), waiting, cancel);
            if cancel.run_until_cancelled(waited).await.flatten().is_none() {
                return ControlFlow::Break(());
            }
        }
    }

    async fn apply(&self, topic: Topic, received: &[Received]) -> Result<(), Failure> {
        let (producer, consumer) = (self.producer.as_ref(), self.consumer.name());
        let letters = Letters { producer, names: &self.names, consumer };
        let (mut records, mut unreadable) = (Vec::with_capacity(received.len()), Vec::new());
        for received in received {
            match &received.content {
                Content::Event(event) => records.push(Record { position: received.position(), event: event.clone() }),
                Content::Unreadable(foreign) => unreadable.push((received, foreign)),
                Content::Tombstone => {
                    metrics::counter!("berth_bus_skipped_total", "consumer" => consumer, "kind" => "tombstone")
                        .increment(1);
                }
            }
        }
        if !records.is_empty() {
            for letter in consume::apply(self.consumer.as_ref(), topic, records).await? {
                letters.unread(&letter).await?;
            }
        }
        // Behind the effect, which is tried again and again while its database is away.
        for (received, foreign) in unreadable {
            letters.foreign(received, foreign).await?;
        }
        Ok(())
    }

    /// Does some work and serves the group meanwhile. `None` when the process stops and the work did not end in time.
    async fn serving<T>(
        &self,
        work: impl Future<Output = T>,
        waiting: &mut VecDeque<Received>,
        cancel: &CancellationToken,
    ) -> Option<T> {
        let mut work = pin!(work);
        let mut too_late = pin!(async {
            cancel.cancelled().await;
            tokio::time::sleep(FINISH).await;
        });
        loop {
            tokio::select! {
                done = &mut work => return Some(done),
                () = &mut too_late => return None,
                () = tokio::time::sleep(SERVED) => self.hold(waiting),
            }
        }
    }

    /// Asks for no more records, and takes part in the group's life. What comes all the same, of a partition that is new
    /// here, waits for its turn. Offsets that were refused are committed again.
    fn hold(&self, waiting: &mut VecDeque<Received>) {
        self.paused.store(true, Ordering::Relaxed);
        if let Err(error) = self.group.assignment().and_then(|assigned| self.group.pause(&assigned)) {
            tracing::debug!(%error, "partitions could not be paused");
        }
        while let Some(next) = self.group.recv().now_or_never() {
            waiting.extend(self.received(next));
        }
        self.commit();
    }

    fn resume(&self) {
        if !self.paused.swap(false, Ordering::Relaxed) {
            return;
        }
        if let Err(error) = self.group.assignment().and_then(|assigned| self.group.resume(&assigned)) {
            tracing::debug!(%error, "partitions could not be resumed");
        }
    }

    /// Without waiting: what is refused, as in the middle of a rebalance, stays to be committed again.
    fn commit(&self) {
        let mut offsets = TopicPartitionList::new();
        for ((topic, partition), next) in self.group.context().uncommitted() {
            if let Err(error) = offsets.add_partition_offset(self.names.of(topic), partition, Offset::Offset(next)) {
                tracing::debug!(%error, "an offset cannot be named");
            }
        }
        if offsets.count() > 0
            && let Err(error) = self.group.commit(&offsets, CommitMode::Async)
        {
            tracing::debug!(%error, "offsets were not committed");
        }
    }
}

/// Records of one topic together, in the order that they came.
fn by_topic(batch: Vec<Received>) -> Vec<(Topic, Vec<Received>)> {
    let mut topics: Vec<(Topic, Vec<Received>)> = Vec::new();
    for received in batch {
        match topics.iter_mut().find(|(topic, _)| *topic == received.topic) {
            Some((_, of_topic)) => of_topic.push(received),
            None => topics.push((received.topic, vec![received])),
        }
    }
    topics
}
