//! A week after a deletion a compacted topic may forget, and readers pass over that.

use std::time::Duration;

use bus::kafka::tombstones::sweep;
use bus::{Event, Outbox as _, Topic};
use kit::{Ambient, ServiceName};
use testkit::until;

use crate::broker::{Broker, event, kind, outbox};
use crate::ledger::Ledger;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn what_was_deleted_a_week_ago_is_forgotten_once() {
    let broker = Broker::with(&[Topic::User]).await;
    let (outbox, ledger, producer) = (outbox(), Ledger::new(), broker.producer());
    let relay = broker.relay(outbox.clone());
    for subject in ["ada", "bob", "eve"] {
        outbox.append(event(subject, 1));
    }
    for subject in ["ada", "bob"] {
        outbox.append(kind("user.deleted", subject, 2));
    }
    until(|| async { outbox.lag().await.unwrap().rows }, |rows| *rows == 0).await;
    let now = Ambient::system().now();
    let swept = async |at| sweep(&broker.settings, &producer, Topic::User, at).await.unwrap();
    assert_eq!(swept(now.plus(6 * DAY)).await, 0);
    assert_eq!(swept(now.plus(8 * DAY)).await, 2);
    assert_eq!(swept(now.plus(9 * DAY)).await, 0);
    let reader = broker.reader(ledger.clone(), "g");
    outbox.append(event("ada", 3));
    ledger.took(6).await;
    assert_eq!(ledger.seen(), 6);
    relay.stop().await;
    reader.stop().await;
    broker.end().await;
}

/// The last events as their services name them.
#[tokio::test]
async fn every_kind_of_subject_is_forgotten_after_its_own_last_event() {
    let ends = [
        (Topic::User, ServiceName::User, "user.deleting", "user.deleted"),
        (Topic::Machine, ServiceName::Machines, "machine.updated", "machine.deleted"),
        (Topic::Allocation, ServiceName::Allocation, "allocation.removing", "allocation.removed"),
    ];
    let broker = Broker::with(&ends.map(|(topic, ..)| topic)).await;
    let (outbox, producer, ambient) = (outbox(), broker.producer(), Ambient::system());
    let relay = broker.relay(outbox.clone());
    for (topic, service, before, last) in ends {
        let announced =
            |kind, subject, revision| Event::new(&ambient, topic, service, kind, subject, revision, &String::new());
        outbox.append(announced(before, "stays", 1));
        outbox.append(announced(before, "goes", 1));
        outbox.append(announced(last, "goes", 2));
    }
    until(|| async { outbox.lag().await.unwrap().rows }, |rows| *rows == 0).await;
    for (topic, ..) in ends {
        let swept = sweep(&broker.settings, &producer, topic, ambient.now().plus(8 * DAY)).await.unwrap();
        assert_eq!(swept, 1, "{}", topic.as_str());
    }
    relay.stop().await;
    broker.end().await;
}
