//! How far a group has come of what stood in its topics when this process began: what `/readyz` waits for and a rebuild
//! shows. It is the group's progress, not this member's: several members build one copy.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kit::Failure;
use rdkafka::consumer::Consumer as _;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::member::Group;
use super::topics::PARTITIONS;
use super::{Settings, away, blocking, outside};
use crate::event::Topic;
use crate::mood::Mood;

/// Between two looks while it is behind.
const LOOK: Duration = Duration::from_millis(500);
/// Between two looks later, for the metric.
const LATER: Duration = Duration::from_secs(30);
/// A group that stands still this long may have nothing left: compaction removes records at the end of a partition too.
const STILL: Duration = Duration::from_secs(5);
/// How long a broker may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// What of one topic is still to be read, counted in offsets, of which compaction leaves out some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicProgress {
    pub topic: Topic,
    pub behind: u64,
    pub total: u64,
}

/// A topic's progress each; nothing before the brokers answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress(Option<Vec<TopicProgress>>);

impl Progress {
    pub fn topics(&self) -> &[TopicProgress] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether all is read that stood there at the start.
    pub fn caught_up(&self) -> bool {
        self.0.is_some() && self.behind() == 0
    }

    pub fn behind(&self) -> u64 {
        self.topics().iter().map(|topic| topic.behind).sum()
    }

    pub fn total(&self) -> u64 {
        self.topics().iter().map(|topic| topic.total).sum()
    }

    /// 100 only when it has caught up.
    pub fn percent(&self) -> u64 {
        match (self.total(), self.behind()) {
            (0, _) => {
                if self.0.is_some() {
                    100
                } else {
                    0
                }
            }
            (total, behind) => (total - behind.min(total)) * 100 / total,
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.0, self.caught_up()) {
            (None, _) => write!(f, "waits for Kafka"),
            (_, true) => write!(f, "has caught up"),
            (_, false) => {
                write!(f, "rebuilding: {} %, {} of {} events to go", self.percent(), self.behind(), self.total())
            }
        }
    }
}

/// Whose progress it is.
pub struct Place {
    pub consumer: &'static str,
    pub settings: Settings,
    pub topics: Vec<Topic>,
    pub group: Arc<Group>,
}

/// One partition's way: where it began, where it ends and where it is.
#[derive(Clone, Copy, Debug)]
struct Way {
    from: i64,
    to: i64,
    at: i64,
}

type Ways = BTreeMap<(Topic, i32), Way>;

fn progress(ways: &Ways) -> Progress {
    let mut topics: BTreeMap<Topic, TopicProgress> = BTreeMap::new();
    for ((topic, _), way) in ways {
        let progress = topics.entry(*topic).or_insert(TopicProgress { topic: *topic, behind: 0, total: 0 });
        progress.behind += (way.to - way.at.max(way.from)).max(0) as u64;
        progress.total += (way.to - way.from).max(0) as u64;
    }
    Progress(Some(topics.into_values().collect()))
}

/// Looks until cancelled.
pub async fn follow(place: Place, sender: &watch::Sender<Progress>, cancel: &CancellationToken) {
    let place = Arc::new(place);
    // Being ended in the middle of a look leaves nothing behind.
    cancel.run_until_cancelled(watch_over(&place, sender)).await;
}

async fn watch_over(place: &Arc<Place>, sender: &watch::Sender<Progress>) {
    let mut mood = Mood::new(place.consumer, "progress is known again", "how far events have come cannot be seen");
    let mut ways = loop {
        let asked = place.clone();
        match mood.heard(blocking(move || asked.begin()).await) {
            Some(ways) => break ways,
            None => tokio::time::sleep(LOOK).await,
        }
    };
    let mut moved = (u64::MAX, Instant::now());
    loop {
        let now = progress(&ways);
        sender.send_replace(now.clone());
        place.record(&now);
        if now.caught_up() {
            break;
        }
        if now.behind() != moved.0 {
            moved = (now.behind(), Instant::now());
        }
        tokio::time::sleep(LOOK).await;
        let (asked, before, still) = (place.clone(), ways.clone(), moved.1.elapsed() > STILL);
        if still {
            // Looking for records takes a client of its own: not at each look.
            moved.1 = Instant::now();
        }
        if let Some(after) = mood.heard(blocking(move || asked.look(before, still)).await) {
            ways = after;
        }
    }
    loop {
        tokio::time::sleep(LATER).await;
        let asked = place.clone();
        if let Some(ways) = mood.heard(blocking(move || asked.begin()).await) {
            place.record(&progress(&ways));
        }
    }
}

impl Place {
    fn record(&self, progress: &Progress) {
        for topic in progress.topics() {
            metrics::gauge!("berth_bus_behind", "consumer" => self.consumer, "topic" => topic.topic.as_str())
                .set(topic.behind as f64);
        }
    }

    /// All partitions, each with an offset that asks for something.
    fn list(&self, offset: Offset) -> Result<TopicPartitionList, Failure> {
        let mut list = TopicPartitionList::new();
        for topic in &self.topics {
            let name = self.settings.names.of(*topic);
            for partition in 0..PARTITIONS {
                list.add_partition_offset(name, partition, offset).map_err(Failure::internal)?;
            }
        }
        Ok(list)
    }

    fn offsets(&self, list: &TopicPartitionList) -> BTreeMap<(Topic, i32), i64> {
        let element = |element: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
            let topic = self.settings.names.parse(element.topic())?;
            match element.offset() {
                Offset::Offset(offset) => Some(((topic, element.partition()), offset)),
                _ => None,
            }
        };
        list.elements().iter().filter_map(element).collect()
    }

    fn committed(&self) -> Result<BTreeMap<(Topic, i32), i64>, Failure> {
        let list = self.group.committed_offsets(self.list(Offset::Invalid)?, ANSWER).map_err(|error| away(&error))?;
        self.group.context().link.works();
        Ok(self.offsets(&list))
    }

    /// Where the partitions end, and where the group is.
    fn begin(&self) -> Result<Ways, Failure> {
        let ask = |offset| self.group.offsets_for_times(self.list(offset)?, ANSWER).map_err(|error| away(&error));
        let (low, high) = (self.offsets(&ask(Offset::Beginning)?), self.offsets(&ask(Offset::End)?));
        let committed = self.committed()?;
        let way = |(place, to): (&(Topic, i32), &i64)| {
            let low = low.get(place).copied().unwrap_or_default();
            let from = committed.get(place).copied().unwrap_or(low).max(low);
            (*place, Way { from, to: *to, at: from })
        };
        Ok(high.iter().map(way).collect())
    }

    /// Where the group is now. One that stands still is believed to be at the end where a look finds no record.
    fn look(&self, mut ways: Ways, still: bool) -> Result<Ways, Failure> {
        let committed = self.committed()?;
        for (place, way) in &mut ways {
            way.at = way.at.max(committed.get(place).copied().unwrap_or(way.at));
        }
        for (place, way) in ways.iter_mut().filter(|(_, way)| still && way.at < way.to) {
            if self.has_records(*place, *way)? {
                // The group is behind, whatever the others hold.
                break;
            }
            way.at = way.to;
        }
        Ok(ways)
    }

    fn has_records(&self, (topic, partition): (Topic, i32), way: Way) -> Result<bool, Failure> {
        let mut found = false;
        outside::read(&self.settings, topic, &[(partition, Offset::Offset(way.at))], |received| {
            found = received.offset < way.to;
            ControlFlow::Break(())
        })?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(from: i64, to: i64, at: i64) -> Way {
        Way { from, to, at }
    }

    #[test]
    fn it_counts_what_stood_there_at_the_start() {
        let ways = Ways::from([
            ((Topic::User, 0), way(0, 100, 40)),
            ((Topic::User, 1), way(50, 50, 50)),
            ((Topic::Machine, 0), way(10, 20, 25)),
        ]);
        let seen = progress(&ways);
        assert_eq!((seen.behind(), seen.total(), seen.percent()), (60, 110, 45));
        assert_eq!(seen.topics()[1], TopicProgress { topic: Topic::Machine, behind: 0, total: 10 });
        assert_eq!(seen.to_string(), "rebuilding: 45 %, 60 of 110 events to go");
    }

    #[test]
    fn it_has_caught_up_only_when_it_is_known() {
        assert!(!Progress::default().caught_up());
        assert_eq!(Progress::default().percent(), 0);
        assert!(progress(&Ways::from([((Topic::User, 0), way(7, 7, 7))])).caught_up());
        assert!(!progress(&Ways::from([((Topic::User, 0), way(0, 1000, 999))])).caught_up());
        assert_eq!(progress(&Ways::from([((Topic::User, 0), way(0, 1000, 999))])).percent(), 99);
    }
}
