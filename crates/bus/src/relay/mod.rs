//! Sends what stands in an outbox to the brokers and takes away what was acknowledged. Several relays share one outbox by
//! leases on its shards. A relay that lost a lease without knowing may send again or late: readers drop what is not above
//! the revision that they have, so the effect is once and in order.

mod aside;
mod lag;
mod pass;
mod share;
mod tenure;

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use kit::{Ambient, ServiceName};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::mood::Mood;
use crate::ports::{Outbox, Producer, RelayId};
use crate::shard::Shard;
use aside::Aside;
use pass::Pass;

pub use tenure::Tenure;

/// How often rows of other processes are looked for while others write to the same outbox.
const POLL: Duration = Duration::from_millis(100);
/// How often while nobody else is known to.
const POLL_ALONE: Duration = Duration::from_secs(3);
/// Rows that commit together are sent together; also keeps a busy database from being asked after every commit.
const GATHER: Duration = Duration::from_millis(2);
/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// One process's relay of one service's outbox.
pub struct Relay {
    service: ServiceName,
    id: RelayId,
    outbox: Arc<dyn Outbox>,
    producer: Arc<dyn Producer>,
    ambient: Ambient,
    tenure: watch::Sender<Tenure>,
}

impl Relay {
    pub fn new(service: ServiceName, outbox: Arc<dyn Outbox>, producer: Arc<dyn Producer>, ambient: Ambient) -> Self {
        let tenure = watch::Sender::new(Tenure::none());
        Self { service, id: RelayId::mint(&ambient), outbox, producer, ambient, tenure }
    }

    /// What it holds.
    pub fn tenure(&self) -> watch::Receiver<Tenure> {
        self.tenure.subscribe()
    }

    /// Sends until cancelled; then sends what is there, gives its leases back and returns.
    pub async fn run(&self, cancel: CancellationToken) {
        tokio::join!(
            tenure::keep(self.outbox.as_ref(), self.service, self.id, &self.tenure, cancel.clone()),
            self.send(cancel.clone()),
            lag::report(self.outbox.as_ref(), self.service, &self.ambient, cancel.clone()),
        );
        if let Err(failure) = self.outbox.leave(self.id).await {
            tracing::warn!(%failure, "leases on the outbox could not be given back: they run out by themselves");
        }
    }

    async fn send(&self, cancel: CancellationToken) {
        let mut changes = self.outbox.changes();
        let mut tenure = self.tenure.subscribe();
        let mut mood = Mood::new(self.service.as_str(), "events go out again", "events have to wait");
        let (mut held, mut aside, mut failures) = (BTreeSet::new(), Aside::default(), 0_u32);
        loop {
            let last = cancel.is_cancelled();
            changes.mark_unchanged();
            let now = tenure.borrow_and_update().clone();
            self.give_back(&mut held, &now).await;
            let pass = self.pass(&mut aside).await;
            failures = if pass.is_ok() { 0 } else { failures + 1 };
            let more = matches!(pass, Ok(Pass { more: true, .. }));
            match pass {
                Err(failure) | Ok(Pass { failure: Some(failure), .. }) => drop(mood.heard::<()>(Err(failure))),
                // As long as some wait, not all is well again.
                Ok(_) if aside.is_empty() => drop(mood.heard(Ok(()))),
                Ok(_) => {}
            }
            if more {
                continue;
            }
            if last {
                return;
            }
            let failed = (failures > 0).then(|| LONGEST_PAUSE.min(Duration::from_millis(100 << failures.min(6))));
            // With rows set aside each look is a long one, so that others' come together.
            let slow = failed.or_else(|| (!aside.is_empty()).then_some(POLL_ALONE));
            let pause = slow.unwrap_or(if now.is_alone() { POLL_ALONE } else { POLL });
            tokio::select! {
                () = cancel.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
                _ = tenure.changed() => {}
                () = woken(&mut changes), if slow.is_none() => tokio::time::sleep(GATHER).await,
            }
        }
    }

    /// Frees what the keeper no longer wants. Done here, between two passes, so that nothing of it is on its way.
    async fn give_back(&self, held: &mut BTreeSet<Shard>, now: &Tenure) {
        let surplus: Vec<Shard> = held.difference(&now.shards).copied().collect();
        held.clone_from(&now.shards);
        if !surplus.is_empty()
            && let Err(failure) = self.outbox.give_back(self.id, &surplus).await
        {
            tracing::debug!(%failure, "shards could not be given back: they run out by themselves");
        }
    }
}

/// Until there may be more rows. For ever where nobody can say so any more.
async fn woken(changes: &mut watch::Receiver<u64>) {
    if changes.changed().await.is_err() {
        pending::<()>().await;
    }
}
