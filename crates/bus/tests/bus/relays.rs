//! From the outbox to the consumer, with one relay and with several.

use bus::{Outbox as _, Topic};
use testkit::until;

use crate::broker::{Broker, event, outbox};
use crate::ledger::{Ledger, in_order, subjects};

#[tokio::test]
async fn what_is_announced_takes_effect_as_it_was_announced() {
    let broker = Broker::with(&[Topic::User]).await;
    let (outbox, ledger) = (outbox(), Ledger::new());
    let (relay, reader) = (broker.relay(outbox.clone()), broker.reader(ledger.clone(), "g"));
    let mut announced = event("ada", 1);
    announced.trace.request_id = Some("r".to_owned());
    announced.trace.traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    announced.data = vec![0, 255, 10];
    outbox.append(announced.clone());
    ledger.took(1).await;
    assert_eq!(ledger.events(), [announced]);
    until(|| async { outbox.lag().await.unwrap().rows }, |rows| *rows == 0).await;
    relay.stop().await;
    reader.stop().await;
    broker.end().await;
}

#[tokio::test]
async fn two_relays_share_one_outbox_and_send_each_event_once() {
    let broker = Broker::with(&[Topic::User]).await;
    let (outbox, ledger, subjects) = (outbox(), Ledger::new(), subjects(50));
    let reader = broker.reader(ledger.clone(), "g");
    let relays = [broker.relay(outbox.clone()), broker.relay(outbox.clone())];
    for revision in 1..=40 {
        for subject in &subjects {
            outbox.append(event(subject, revision));
        }
        tokio::task::yield_now().await;
    }
    ledger.took(2_000).await;
    assert_eq!(ledger.effects(), in_order(&subjects, 40));
    assert_eq!(ledger.seen(), 2_000);
    for relay in relays {
        relay.stop().await;
    }
    reader.stop().await;
    broker.end().await;
}

#[tokio::test]
async fn what_is_announced_before_the_end_goes_out_before_the_end() {
    let broker = Broker::with(&[Topic::User]).await;
    let (outbox, ledger, subjects) = (outbox(), Ledger::new(), subjects(300));
    let relay = broker.relay(outbox.clone());
    outbox.append(event("first", 1));
    until(|| async { outbox.lag().await.unwrap().rows }, |rows| *rows == 0).await;
    for subject in &subjects {
        outbox.append(event(subject, 1));
    }
    relay.stop().await;
    assert_eq!(outbox.lag().await.unwrap().rows, 0);
    // And another need not wait for leases to run out.
    let relay = broker.relay(outbox.clone());
    outbox.append(event("last", 1));
    let reader = broker.reader(ledger.clone(), "g");
    ledger.took(302).await;
    relay.stop().await;
    reader.stop().await;
    broker.end().await;
}
