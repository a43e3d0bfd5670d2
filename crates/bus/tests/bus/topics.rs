//! Topics are made once, with their settings, and told about where they are not as they should be.

use std::collections::BTreeMap;

use bus::Topic;
use bus::kafka::{Names, Settings, topics};
use kit::ServiceName;
use rdkafka::admin::{AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use testkit::servers;
use tokio_util::sync::CancellationToken;

use crate::broker::Broker;

async fn described(broker: &Broker, topic: &str) -> BTreeMap<String, String> {
    let found =
        broker.admin().describe_configs([&ResourceSpecifier::Topic(topic)], &AdminOptions::new()).await.unwrap();
    let resource = found.into_iter().next().unwrap().unwrap();
    resource.entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?))).collect()
}

#[tokio::test]
async fn topics_are_made_once_with_their_settings() {
    let all: Vec<Topic> = Topic::all().collect();
    let broker = Broker::with(&all).await;
    assert_eq!(topics::ensure(&broker.settings, &all).await.unwrap(), topics::Outcome::default());
    let names = &broker.settings.names;
    let user = described(&broker, names.of(Topic::User)).await;
    assert_eq!(user["cleanup.policy"], "compact");
    assert_eq!(
        (user["min.compaction.lag.ms"].as_str(), user["max.compaction.lag.ms"].as_str()),
        ("604800000", "1209600000")
    );
    let notification = described(&broker, names.of(Topic::Notification)).await;
    assert_eq!((notification["cleanup.policy"].as_str(), notification["retention.ms"].as_str()), ("delete", "900000"));
    let acts = described(&broker, names.of(Topic::Audit(ServiceName::Feed))).await;
    assert_eq!(acts["retention.ms"], "2592000000");
    topics::wait_for(&broker.settings, &all, &CancellationToken::new()).await;
    broker.end().await;
}

#[tokio::test]
async fn many_processes_make_them_at_once() {
    let settings =
        Settings { names: Names::new(&format!("{}.", servers::unique("bus"))), ..Settings::new(servers::kafka()) };
    let made = futures::future::join_all((0..4).map(|_| topics::ensure(&settings, &[Topic::Node]))).await;
    assert!(made.iter().all(Result::is_ok), "{made:?}");
    assert!(made.iter().flatten().all(|outcome| outcome.different.is_empty()), "{made:?}");
    let broker = Broker::at(&settings.brokers, &[]).await;
    let names = [settings.names.of(Topic::Node), &settings.names.letters_of(Topic::Node)];
    broker.admin().delete_topics(&names, &AdminOptions::new()).await.unwrap();
}

#[tokio::test]
async fn one_that_is_different_is_told_of_and_left_alone() {
    let broker = Broker::with(&[]).await;
    let name = broker.settings.names.of(Topic::Node);
    let other = NewTopic::new(name, 3, TopicReplication::Fixed(1)).set("retention.ms", "1000");
    broker.admin().create_topics(&[other], &AdminOptions::new()).await.unwrap();
    let outcome = topics::ensure(&broker.settings, &[Topic::Node]).await.unwrap();
    assert_eq!(outcome.made, [broker.settings.names.letters_of(Topic::Node)]);
    let told: Vec<&str> = outcome.different.iter().map(|difference| difference.0.as_str()).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("has 3 partitions and not 12"), "{told:?}");
    assert!(told[1].contains("has retention.ms 1000 and not 86400000"), "{told:?}");
    assert_eq!(described(&broker, name).await["retention.ms"], "1000");
    let names = [name, &broker.settings.names.letters_of(Topic::Node)];
    broker.admin().delete_topics(&names, &AdminOptions::new()).await.unwrap();
}

#[tokio::test]
async fn what_is_missing_is_waited_for() {
    let broker = Broker::with(&[]).await;
    let cancel = CancellationToken::new();
    let waiting = tokio::spawn({
        let (settings, cancel) = (broker.settings.clone(), cancel.clone());
        async move { topics::wait_for(&settings, &[Topic::Node], &cancel).await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    topics::ensure(&broker.settings, &[Topic::Node]).await.unwrap();
    waiting.await.unwrap();
    let names = [broker.settings.names.of(Topic::Node), &broker.settings.names.letters_of(Topic::Node)];
    broker.admin().delete_topics(&names, &AdminOptions::new()).await.unwrap();
}
