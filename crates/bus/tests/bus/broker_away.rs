//! The broker away costs delay and nothing else.

use bus::kafka::topics;
use bus::{Outbox as _, Topic};
use rdkafka::admin::AdminOptions;
use std::time::Duration;
use testkit::servers::{Kind, Own};
use testkit::until_within;

use crate::broker::{Broker, event, outbox};
use crate::ledger::{Ledger, in_order, subjects};

#[tokio::test]
async fn events_wait_for_a_broker_that_is_away_and_arrive_when_it_is_back() {
    let own = Own::start(Kind::Kafka).await;
    let broker = Broker::at(own.authority(), &[Topic::User]).await;
    let (outbox, ledger, subjects) = (outbox(), Ledger::new(), subjects(30));
    let (relay, reader) = (broker.relay(outbox.clone()), broker.reader(ledger.clone(), "g"));
    let announce = |revision| subjects.iter().for_each(|subject| outbox.append(event(subject, revision)));
    announce(1);
    ledger.took(30).await;
    own.stop().await;
    announce(2);
    announce(3);
    // Long enough for the relay to have given a batch up, and tried again.
    let began = std::time::Instant::now();
    until_within(Duration::from_secs(30), "a while", || async { began.elapsed() }, |past| past.as_secs() >= 8).await;
    assert_eq!(outbox.lag().await.unwrap().rows, 60);
    own.start_again().await;
    until_within(Duration::from_secs(60), "all events", || async { ledger.count() }, |taken| *taken == 90).await;
    assert_eq!(ledger.effects(), in_order(&subjects, 3));
    // Stalled, it takes connections and answers nobody.
    own.pause();
    announce(4);
    let began = std::time::Instant::now();
    until_within(Duration::from_secs(30), "a while", || async { began.elapsed() }, |past| past.as_secs() >= 8).await;
    own.resume();
    until_within(Duration::from_secs(60), "all events", || async { ledger.count() }, |taken| *taken == 120).await;
    assert_eq!(ledger.effects(), in_order(&subjects, 4));
    until_within(
        Duration::from_secs(60),
        "an empty outbox",
        || async { outbox.lag().await.unwrap().rows },
        |rows| *rows == 0,
    )
    .await;
    // What compaction keeps of each subject is its newest state, whatever was sent twice on the way.
    let last: std::collections::BTreeMap<String, u64> = broker.log().await.into_iter().collect();
    assert_eq!(last, subjects.iter().map(|subject| (subject.clone(), 4)).collect());
    relay.stop().await;
    reader.stop().await;
}

#[tokio::test]
async fn a_topic_that_was_made_anew_is_sent_to_and_read_again() {
    let broker = Broker::with(&[Topic::User]).await;
    let (outbox, ledger) = (outbox(), Ledger::new());
    let (relay, reader) = (broker.relay(outbox.clone()), broker.reader(ledger.clone(), "g1"));
    outbox.append(event("ada", 1));
    ledger.took(1).await;
    let name = broker.settings.names.of(Topic::User);
    broker.admin().delete_topics(&[name], &AdminOptions::new()).await.unwrap();
    reader.stop().await;
    outbox.append(event("ada", 2));
    let made = || async { topics::ensure(&broker.settings, &[Topic::User]).await.map(|outcome| outcome.made) };
    let made = until_within(Duration::from_secs(30), "the topic", made, |made| {
        made.as_ref().is_ok_and(|made| !made.is_empty())
    })
    .await;
    assert_eq!(made.unwrap(), [name]);
    let ledger = Ledger::new();
    let reader = broker.reader(ledger.clone(), "g2");
    until_within(Duration::from_secs(60), "the event", || async { ledger.count() }, |taken| *taken == 1).await;
    relay.stop().await;
    reader.stop().await;
    broker.end().await;
}
