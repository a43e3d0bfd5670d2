//! What happens between the consumer's effect and the commit of its offsets, and when there is no effect yet.

use bus::Outbox as _;
use bus::Topic;
use testkit::until;

use crate::broker::{Broker, event, outbox};
use crate::ledger::{Ledger, in_order, subjects};

#[tokio::test]
async fn a_crash_between_effect_and_commit_repeats_and_changes_nothing() {
    let broker = Broker::with(&[Topic::User]).await;
    let (outbox, ledger, subjects) = (outbox(), Ledger::new(), subjects(20));
    let relay = broker.relay(outbox.clone());
    ledger.hang();
    let reader = broker.reader(ledger.clone(), "g");
    for subject in &subjects {
        outbox.append(event(subject, 1));
    }
    until(|| async { ledger.seen() }, |seen| *seen > 0).await;
    let before = ledger.seen();
    reader.crash().await;
    ledger.go_on();
    let reader = broker.reader(ledger.clone(), "g");
    ledger.took(20).await;
    until(|| async { ledger.seen() }, |seen| *seen == before + 20).await;
    assert_eq!(ledger.effects(), in_order(&subjects, 1));
    relay.stop().await;
    reader.stop().await;
    broker.end().await;
}

#[tokio::test]
async fn what_was_committed_is_not_read_again() {
    let broker = Broker::with(&[Topic::User]).await;
    let (outbox, ledger) = (outbox(), Ledger::new());
    let (relay, reader) = (broker.relay(outbox.clone()), broker.reader(ledger.clone(), "g"));
    for subject in subjects(20) {
        outbox.append(event(&subject, 1));
    }
    ledger.took(20).await;
    reader.stop().await;
    let reader = broker.reader(ledger.clone(), "g");
    outbox.append(event("last", 1));
    ledger.took(21).await;
    assert_eq!(ledger.seen(), 21);
    relay.stop().await;
    reader.stop().await;
    broker.end().await;
}

/// For longer than the group is served by itself, so that its partitions are paused and go on afterwards.
#[tokio::test]
async fn a_consumer_that_fails_for_a_while_loses_nothing() {
    let broker = Broker::with(&[Topic::User]).await;
    let (outbox, ledger, subjects) = (outbox(), Ledger::new(), subjects(40));
    let (relay, reader) = (broker.relay(outbox.clone()), broker.reader(ledger.clone(), "g"));
    ledger.fail(6);
    for revision in 1..=10 {
        for subject in &subjects {
            outbox.append(event(subject, revision));
        }
        until(|| async { outbox.lag().await.unwrap().rows }, |rows| *rows == 0).await;
    }
    until(|| async { ledger.refused() }, |refused| *refused == 6).await;
    ledger.took(400).await;
    assert_eq!(ledger.effects(), in_order(&subjects, 10));
    assert_eq!(ledger.seen(), 400);
    relay.stop().await;
    reader.stop().await;
    broker.end().await;
}

#[tokio::test]
async fn a_process_can_end_while_its_consumer_fails() {
    let broker = Broker::with(&[Topic::User]).await;
    let (outbox, ledger) = (outbox(), Ledger::new());
    let (relay, reader) = (broker.relay(outbox.clone()), broker.reader(ledger.clone(), "g"));
    ledger.fail(u32::MAX);
    outbox.append(event("ada", 1));
    until(|| async { ledger.refused() }, |refused| *refused > 2).await;
    reader.stop().await;
    ledger.fail(0);
    let reader = broker.reader(ledger.clone(), "g");
    ledger.took(1).await;
    relay.stop().await;
    reader.stop().await;
    broker.end().await;
}
