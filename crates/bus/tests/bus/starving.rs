//! Subjects that cannot be sent, as while a partition has no leader, and those behind them in the outbox.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bus::{Event, Outbox as _, Producer, Relay};
use kit::{Ambient, Failure, ServiceName};
use testkit::{until, until_within};
use tokio::sync::watch;

use crate::broker::{Running, event, outbox};

/// Subjects that begin so are of a partition without a leader.
const LOST: &str = "lost";

/// Takes what it is given, but for the lost as long as it is broken.
struct Half {
    broken: watch::Sender<bool>,
    taken: watch::Sender<Vec<(String, u64)>>,
}

#[async_trait]
impl Producer for Half {
    async fn produce(&self, events: &[&Event]) -> Vec<Result<(), Failure>> {
        let take = |event: &&Event| {
            if event.subject.starts_with(LOST) && *self.broken.borrow() {
                return Err(Failure::internal("no leader"));
            }
            self.taken.send_modify(|taken| taken.push((event.subject.clone(), event.revision)));
            Ok(())
        };
        events.iter().map(take).collect()
    }
}

#[tokio::test]
async fn more_than_a_batch_that_cannot_be_sent_holds_up_no_other_subject() {
    let producer = Arc::new(Half { broken: watch::Sender::new(true), taken: watch::Sender::default() });
    let outbox = outbox();
    let lost: Vec<String> = (0..700).map(|number| format!("{LOST}{number}")).collect();
    for subject in &lost {
        outbox.append(event(subject, 1));
    }
    for revision in 1..=3 {
        outbox.append(event("ada", revision));
        outbox.append(event(&lost[0], 1 + revision));
    }
    let relay = Relay::new(ServiceName::User, outbox.clone(), producer.clone(), Ambient::system());
    let relay = Running::begin(|cancel| async move { relay.run(cancel).await });
    let taken = || async { producer.taken.borrow().clone() };
    let sent = until(taken, |taken| taken.len() == 3).await;
    assert_eq!(sent, [1, 2, 3].map(|revision| ("ada".to_owned(), revision)));
    producer.broken.send_replace(false);
    let rows = || async { outbox.lag().await.unwrap().rows };
    until_within(Duration::from_secs(30), "an empty outbox", rows, |rows| *rows == 0).await;
    let sent = taken().await;
    assert_eq!(sent.len(), 3 + 700 + 3);
    let first: Vec<u64> =
        sent.iter().filter(|(subject, _)| *subject == lost[0]).map(|(_, revision)| *revision).collect();
    assert_eq!(first, [1, 2, 3, 4]);
    relay.stop().await;
}
