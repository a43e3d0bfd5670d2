//! Members come and go while events flow.

use bus::Topic;

use crate::broker::{Broker, Running, event, outbox};
use crate::ledger::{Ledger, in_order, subjects};

#[tokio::test]
async fn members_come_and_go_under_load_and_every_effect_is_there_once() {
    let broker = Broker::with(&[Topic::User]).await;
    let (outbox, ledger, subjects) = (outbox(), Ledger::new(), subjects(60));
    let relay = broker.relay(outbox.clone());
    // All members write to one database, as replicas of a service do.
    let mut members: Vec<Running> = vec![broker.reader(ledger.clone(), "g")];
    for revision in 1..=30 {
        for subject in &subjects {
            outbox.append(event(subject, revision));
        }
        match revision {
            5 | 10 => members.push(broker.reader(ledger.clone(), "g")),
            15 => members.remove(0).stop().await,
            20 => members.remove(0).crash().await,
            _ => {}
        }
        // Each round is in flight when the next begins.
        let (ledger, expected) = (ledger.clone(), (revision as usize - 1) * 60);
        testkit::until(|| async { ledger.count() }, |taken| *taken >= expected).await;
    }
    ledger.took(1_800).await;
    assert_eq!(ledger.effects(), in_order(&subjects, 30));
    for member in members {
        member.stop().await;
    }
    relay.stop().await;
    broker.end().await;
}
