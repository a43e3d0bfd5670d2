//! The broker away costs delay and nothing else.

use bus::{Outbox as _, Topic};
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
    relay.stop().await;
    reader.stop().await;
}
