//! An empty database is another generation: it is built from the beginning of the topics, and says how far it is.

use bus::{Outbox as _, Topic};
use testkit::until;

use crate::broker::{Broker, Running, event, outbox};
use crate::ledger::{Ledger, in_order, subjects};

#[tokio::test]
async fn a_new_generation_reads_everything_and_says_how_far_it_is() {
    let broker = Broker::with(&[Topic::User, Topic::Machine]).await;
    let (outbox, subjects) = (outbox(), subjects(25));
    let relay = broker.relay(outbox.clone());
    for revision in 1..=20 {
        for subject in &subjects {
            outbox.append(event(subject, revision));
        }
    }
    until(|| async { outbox.lag().await.unwrap().rows }, |rows| *rows == 0).await;
    for generation in ["g1", "g2"] {
        let ledger = Ledger::new();
        ledger.fail(4);
        let reader = broker.open(ledger.clone(), generation);
        let progress = reader.progress();
        assert!(!progress.borrow().caught_up());
        let running = Running::begin(|cancel| reader.run(cancel));
        let behind = || async { progress.borrow().clone() };
        let seen = until(behind, |progress| progress.total() > 0).await;
        assert_eq!((seen.total(), seen.caught_up()), (500, seen.behind() == 0));
        until(behind, bus::kafka::Progress::caught_up).await;
        assert_eq!(progress.borrow().percent(), 100);
        ledger.took(500).await;
        assert_eq!(ledger.effects(), in_order(&subjects, 20));
        running.stop().await;
    }
    // The same generation again has nothing to do.
    let reader = broker.open(Ledger::new(), "g2");
    let progress = reader.progress();
    let running = Running::begin(|cancel| reader.run(cancel));
    until(|| async { progress.borrow().clone() }, bus::kafka::Progress::caught_up).await;
    assert_eq!(progress.borrow().total(), 0);
    running.stop().await;
    relay.stop().await;
    broker.end().await;
}
