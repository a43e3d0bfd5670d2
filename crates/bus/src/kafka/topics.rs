//! The topics and their settings: made where they are missing, told about where they differ, never changed in passing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kit::{ErrorCode, Failure};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::error::RDKafkaErrorCode;
use tokio_util::sync::CancellationToken;

use super::link::{Link, config};
use super::{Settings, away, blocking};
use crate::event::Topic;

/// How many every topic has, for good: another number would send a subject's events to another place than before.
pub const PARTITIONS: i32 = 12;
/// Dead letters are few, and read by people.
const LETTER_PARTITIONS: i32 = 1;
/// How long a broker may take to answer.
const ANSWER: Duration = Duration::from_secs(5);
/// The same where somebody waits to be told.
const LOOKING: Duration = Duration::from_secs(3);
/// Between two looks at what is missing.
const LOOK: Duration = Duration::from_secs(1);

const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;

/// A topic as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    name: String,
    partitions: i32,
    config: Vec<(&'static str, String)>,
}

/// A topic that is there and is not as it should be: a sentence with what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference(pub String);

/// What was made and what differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub made: Vec<String>,
    pub different: Vec<Difference>,
}

/// Makes those of `topics` that are missing, and the topics of their dead letters. Idempotent, and safe from several
/// processes at once.
pub async fn ensure(settings: &Settings, topics: &[Topic]) -> Result<Outcome, Failure> {
    let admin = Arc::new(admin(settings)?);
    let wanted = wanted(settings, topics);
    let present = present(&admin).await?;
    let missing: Vec<&Wanted> = wanted.iter().filter(|topic| !present.contains_key(&topic.name)).collect();
    let mut outcome = Outcome { made: make(&admin, settings, &missing).await?, different: Vec::new() };
    if !missing.is_empty() {
        until_seen(&admin, &missing).await?;
    }
    for topic in &wanted {
        if let Some(seen) = present.get(&topic.name) {
            outcome.different.extend(differences(&admin, settings, topic, *seen).await?);
        }
    }
    for Difference(told) in &outcome.different {
        tracing::warn!("{told}");
    }
    Ok(outcome)
}

/// Waits until the topics are there, saying once what is missing. Whoever produces must wait: a broker may be set to make
/// what it is asked for, with settings that lose events.
pub async fn wait_for(settings: &Settings, topics: &[Topic], cancel: &CancellationToken) {
    let admin = match admin(settings) {
        Ok(admin) => Arc::new(admin),
        // Nothing else of these settings will work either, and says so.
        Err(failure) => return tracing::error!(%failure, "the settings for Kafka are refused"),
    };
    let (mut told, mut away) = (Vec::new(), false);
    loop {
        match present(&admin).await {
            Ok(present) => {
                let names = topics.iter().map(|topic| settings.names.of(*topic).to_owned());
                let missing: Vec<String> = names.filter(|name| !present.contains_key(name)).collect();
                if missing.is_empty() {
                    return;
                }
                if missing != told {
                    tracing::warn!(missing = missing.join(", "), "topics are not there: `berthd migrate` makes them");
                    told = missing;
                }
            }
            Err(failure) => {
                if !std::mem::replace(&mut away, true) {
                    tracing::warn!(%failure, "Kafka does not answer: it is waited for");
                }
            }
        }
        if cancel.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_none() {
            return;
        }
    }
}

/// What the brokers and our topics are like, for whoever checks them before they are used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// `host:port` as each broker tells its clients to come.
    pub brokers: Vec<String>,
    /// Topics that are not there, by their names on the broker.
    pub missing: Vec<String>,
    pub different: Vec<Difference>,
    /// How many there should be.
    pub wanted: usize,
}

/// Looks at the brokers, at `topics`, and at the topics of their dead letters. Makes nothing.
pub async fn look(settings: &Settings, topics: &[Topic]) -> Result<Look, Failure> {
    let admin = Arc::new(admin(settings)?);
    let wanted = wanted(settings, topics);
    let asked = admin.clone();
    let brokers = blocking(move || {
        let metadata = asked.inner().fetch_metadata(None, LOOKING).map_err(|error| away(&error))?;
        Ok(metadata.brokers().iter().map(|broker| format!("{}:{}", broker.host(), broker.port())).collect())
    });
    let mut look = Look { brokers: brokers.await?, wanted: wanted.len(), ..Look::default() };
    let present = present(&admin).await?;
    for topic in &wanted {
        match present.get(&topic.name) {
            Some(seen) => look.different.extend(differences(&admin, settings, topic, *seen).await?),
            None => look.missing.push(topic.name.clone()),
        }
    }
    Ok(look)
}

/// Partitions and replicas of a topic that is there.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub partitions: i32,
    replicas: i32,
}

pub(super) async fn present(admin: &Arc<AdminClient<Link>>) -> Result<BTreeMap<String, Seen>, Failure> {
    let admin = admin.clone();
    blocking(move || {
        // All at once: asking for one by its name can make it.
        let metadata = admin.inner().fetch_metadata(None, ANSWER).map_err(|error| away(&error))?;
        let seen = |topic: &rdkafka::metadata::MetadataTopic| {
            let replicas = topic.partitions().first().map_or(0, |partition| partition.replicas().len());
            (topic.name().to_owned(), Seen { partitions: topic.partitions().len() as i32, replicas: replicas as i32 })
        };
        Ok(metadata.topics().iter().map(seen).collect())
    })
    .await
}

pub(super) fn admin(settings: &Settings) -> Result<AdminClient<Link>, Failure> {
    config(settings, "admin").create_with_context(Link::new("admin")).map_err(Failure::internal)
}

/// Says which it made: others may be at it too.
async fn make(admin: &AdminClient<Link>, settings: &Settings, missing: &[&Wanted]) -> Result<Vec<String>, Failure> {
    let replication = settings.replication;
    let new = missing.iter().map(|topic| {
        let new = NewTopic::new(&topic.name, topic.partitions, TopicReplication::Fixed(replication));
        topic.config.iter().fold(new, |new, (key, value)| new.set(key, value))
    });
    let new: Vec<NewTopic<'_>> = new.collect();
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let options = AdminOptions::new().request_timeout(Some(ANSWER)).operation_timeout(Some(ANSWER));
    let mut made = Vec::new();
    for answer in admin.create_topics(&new, &options).await.map_err(|error| away(&error))? {
        match answer {
            Ok(name) => {
                tracing::info!(topic = name, "made a topic");
                made.push(name);
            }
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => {
                return Err(Failure::internal(format!("Kafka: the topic {name} was not made: {code}")));
            }
        }
    }
    Ok(made)
}

/// Brokers hear of a new topic a moment after it was made.
async fn until_seen(admin: &Arc<AdminClient<Link>>, missing: &[&Wanted]) -> Result<(), Failure> {
    let seen = async {
        loop {
            let present = present(admin).await?;
            if missing.iter().all(|topic| present.contains_key(&topic.name)) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let late = |_| Failure::of(ErrorCode::PeerUnavailable).operator("Kafka: a new topic is not to be seen");
    tokio::time::timeout(ANSWER, seen).await.unwrap_or_else(|elapsed| Err(late(elapsed)))
}

async fn differences(
    admin: &AdminClient<Link>,
    settings: &Settings,
    topic: &Wanted,
    seen: Seen,
) -> Result<Vec<Difference>, Failure> {
    let name = &topic.name;
    let mut found = Vec::new();
    if seen.partitions != topic.partitions {
        found.push(Difference(format!(
            "{name} has {} partitions and not {}: order per subject does not hold across a change, so stop what produces \
             to it, delete it, run `berthd migrate`, and have its producer announce everything again",
            seen.partitions, topic.partitions
        )));
    }
    if seen.replicas != settings.replication {
        found.push(Difference(format!(
            "{name} has {} replicas and not {}: move it with kafka-reassign-partitions, or change \
             `[kafka] replication_factor`",
            seen.replicas, settings.replication
        )));
    }
    let options = AdminOptions::new().request_timeout(Some(ANSWER));
    let described = admin.describe_configs([&ResourceSpecifier::Topic(name)], &options).await;
    for resource in described.map_err(|error| away(&error))? {
        let resource =
            resource.map_err(|code| Failure::internal(format!("Kafka: {name} cannot be described: {code}")))?;
        let values = resource.entry_map();
        for (key, wanted) in &topic.config {
            let is = values.get(key).and_then(|entry| entry.value.as_deref()).unwrap_or("nothing");
            if is != wanted {
                found.push(Difference(format!(
                    "{name} has {key} {is} and not {wanted}: `kafka-configs --alter --entity-type topics --entity-name \
                     {name} --add-config {key}={wanted}`"
                )));
            }
        }
    }
    Ok(found)
}

/// These topics and those of their letters, with their settings.
fn wanted(settings: &Settings, topics: &[Topic]) -> Vec<Wanted> {
    // With three copies, one broker may be away and what was acknowledged is still on two.
    let safe = (settings.replication >= 3).then(|| ("min.insync.replicas", "2".to_owned()));
    let with = |mut config: Vec<(&'static str, String)>| {
        config.extend(safe.clone());
        config
    };
    let topic =
        |topic| Wanted { name: settings.names.of(topic).to_owned(), partitions: PARTITIONS, config: with(kept(topic)) };
    let letters = |topic| Wanted {
        name: settings.names.letters_of(topic),
        partitions: LETTER_PARTITIONS,
        config: with(deleted_after(30 * DAY)),
    };
    topics.iter().copied().flat_map(|of| [topic(of), letters(of)]).collect()
}

/// How long a topic's records are kept.
fn kept(topic: Topic) -> Vec<(&'static str, String)> {
    match topic {
        // The newest of each subject for good, so that a reader can begin from nothing. Who was away for a week has missed
        // nothing; nothing superseded is left after two.
        Topic::User | Topic::Machine | Topic::Allocation => vec![
            ("cleanup.policy", "compact".to_owned()),
            ("min.compaction.lag.ms", (7 * DAY).to_string()),
            ("max.compaction.lag.ms", (14 * DAY).to_string()),
        ],
        // Codes are in there, sealed; they are void after as long. Kept in small pieces, so that they really go.
        Topic::Notification => {
            let mut config = deleted_after(15 * MINUTE);
            config.push(("segment.ms", (5 * MINUTE).to_string()));
            config
        }
        // Hints: what is old the reconciler has seen by itself.
        Topic::Node => deleted_after(DAY),
        // The list itself is in user's database.
        Topic::Audit(_) => deleted_after(30 * DAY),
    }
}

fn deleted_after(millis: u64) -> Vec<(&'static str, String)> {
    vec![("cleanup.policy", "delete".to_owned()), ("retention.ms", millis.to_string())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_a_place_for_its_letters() {
        let wanted = wanted(&Settings::new("none"), &Topic::all().collect::<Vec<_>>());
        assert_eq!(wanted.len(), 2 * Topic::all().count());
        for topic in Topic::all() {
            let policy = if topic.is_compacted() { "compact" } else { "delete" };
            let found = wanted.iter().find(|wanted| wanted.name == topic.as_str()).unwrap();
            assert_eq!(found.partitions, 12);
            assert!(found.config.contains(&("cleanup.policy", policy.to_owned())), "{found:?}");
            assert!(wanted.iter().any(|wanted| wanted.name == format!("{}.dlq", topic.as_str())));
        }
    }

    #[test]
    fn three_copies_are_acknowledged_by_two() {
        let safe = ("min.insync.replicas", "2".to_owned());
        for (replication, expected) in [(1, false), (2, false), (3, true)] {
            let settings = Settings { replication, ..Settings::new("none") };
            assert!(wanted(&settings, &[Topic::User]).iter().all(|topic| topic.config.contains(&safe) == expected));
        }
    }
}
