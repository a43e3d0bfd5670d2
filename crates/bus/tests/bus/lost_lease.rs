//! A relay that was stopped past its lease and goes on: what it sends late changes nothing.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bus::{Event, Key, Lag, Leases, Outbox, Producer, Relay, RelayId, Roll, Shard, Topic, Unsent};
use kit::{Ambient, Failure, ServiceName};
use testkit::outbox::MemoryOutbox;
use testkit::{until, until_within};
use tokio::sync::watch;

use crate::broker::{Broker, Running, event, outbox};
use crate::ledger::{Ledger, in_order, subjects};

/// Whether a relay may go on: while it may not, all that it asks for waits, as in a process that was stopped.
#[derive(Clone)]
struct Gate(watch::Sender<bool>);

impl Gate {
    async fn pass(&self) {
        let _ = self.0.subscribe().wait_for(|open| *open).await;
    }
}

struct Gated<T> {
    inner: T,
    gate: Gate,
}

#[async_trait]
impl Leases for Gated<Arc<MemoryOutbox>> {
    async fn attend(&self, relay: RelayId, length: Duration) -> Result<Roll, Failure> {
        self.gate.pass().await;
        self.inner.attend(relay, length).await
    }

    async fn take(&self, relay: RelayId, shards: &[Shard], length: Duration) -> Result<Vec<Shard>, Failure> {
        self.gate.pass().await;
        self.inner.take(relay, shards, length).await
    }

    async fn give_back(&self, relay: RelayId, shards: &[Shard]) -> Result<(), Failure> {
        self.inner.give_back(relay, shards).await
    }

    async fn leave(&self, relay: RelayId) -> Result<(), Failure> {
        self.inner.leave(relay).await
    }
}

#[async_trait]
impl Outbox for Gated<Arc<MemoryOutbox>> {
    async fn unsent(&self, shards: &[Shard], limit: usize) -> Result<Vec<Unsent>, Failure> {
        self.inner.unsent(shards, limit).await
    }

    async fn sent(&self, keys: &[Key]) -> Result<(), Failure> {
        self.inner.sent(keys).await
    }

    async fn lag(&self) -> Result<Lag, Failure> {
        self.inner.lag().await
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes()
    }
}

/// The worst moment: it has looked at its lease, and has not sent yet.
#[async_trait]
impl Producer for Gated<Arc<dyn Producer>> {
    async fn produce(&self, events: &[&Event]) -> Vec<Result<(), Failure>> {
        self.gate.pass().await;
        self.inner.produce(events).await
    }
}

#[tokio::test]
async fn a_relay_that_lost_its_lease_sends_late_and_changes_nothing() {
    let broker = Broker::with(&[Topic::User]).await;
    let (outbox, ledger, subjects) = (outbox(), Ledger::new(), subjects(30));
    let reader = broker.reader(ledger.clone(), "g");
    let announce = |revision| subjects.iter().for_each(|subject| outbox.append(event(subject, revision)));

    let gate = Gate(watch::Sender::new(true));
    let producer: Arc<dyn Producer> = broker.producer();
    let stopped = Relay::new(
        ServiceName::User,
        Arc::new(Gated { inner: outbox.clone(), gate: gate.clone() }),
        Arc::new(Gated { inner: producer, gate: gate.clone() }),
        Ambient::system(),
    );
    let tenure = stopped.tenure();
    let stopped = Running::begin(|cancel| async move { stopped.run(cancel).await });
    until(|| async { tenure.borrow().shards.len() }, |held| *held == 16).await;

    gate.0.send_replace(false);
    announce(1);
    announce(2);
    let other = broker.relay(outbox.clone());
    let taken = "what another relay took over";
    until_within(Duration::from_secs(15), taken, || async { ledger.count() }, |count| *count == 60).await;
    announce(3);
    ledger.took(90).await;

    gate.0.send_replace(true);
    until(|| async { ledger.seen() }, |seen| *seen == 150).await;
    assert_eq!(ledger.effects(), in_order(&subjects, 3));
    // It learns what it holds now, and both go on side by side.
    until(|| async { tenure.borrow().shards.len() }, |held| *held == 8).await;
    announce(4);
    ledger.took(120).await;
    assert_eq!(ledger.effects(), in_order(&subjects, 4));
    stopped.stop().await;
    other.stop().await;
    reader.stop().await;
    broker.end().await;
}
