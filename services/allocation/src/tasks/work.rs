//! Takes works that are due, each under a lease that it renews, and drives them. Whoever asks for work nudges it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kit::ErrorCode;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wire::drain::Drain;
use wire::task::{Report, Task};

use super::Hands;
use crate::domain::allocation::{Allocation, PropertyValues};
use crate::nudge::Nudge;
use crate::ports::Ticket;
use crate::sagas::Scene;
use crate::sagas::driver::{Turn, drive};

/// How many works a process drives at once. Most of their time they wait for the engine, which bounds itself.
const SLOTS: usize = 64;
/// A third of a lease, so that one lost renewal costs nothing.
const RENEW_EVERY: Duration = Duration::from_secs(3);

/// The task.
pub struct WorkTask {
    hands: Hands,
    owner: String,
    slots: Arc<Semaphore>,
    nudge: Nudge,
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl WorkTask {
    /// `owner` names this process in leases.
    pub fn new(hands: Hands, owner: String, nudge: Nudge, drain: &Drain) -> Self {
        let (tracker, stop) = (drain.tracker.clone(), drain.stop.clone());
        Self { hands, owner, slots: Arc::new(Semaphore::new(SLOTS)), nudge, tracker, stop }
    }
}

#[async_trait]
impl Task for WorkTask {
    fn name(&self) -> &'static str {
        "allocation_work"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(1)
    }

    async fn run_once(&self) -> Report {
        let free = self.slots.available_permits() as u32;
        if free == 0 {
            return Report::default();
        }
        let claimed = match self.hands.fleet.claim(&self.owner, free.min(16)).await {
            Ok(claimed) => claimed,
            Err(failure) => {
                tracing::warn!(%failure, "no work can be taken");
                return Report { failed: 1, ..Report::default() };
            }
        };
        let seen = claimed.len() as u64;
        for (ticket, allocation) in claimed {
            let slot = self.slots.clone().acquire_owned().await;
            let (hands, nudge, stop) = (self.hands.clone(), self.nudge.clone(), self.stop.clone());
            self.tracker.spawn(async move {
                tokio::select! {
                    () = work_on(&hands, &nudge, &ticket, allocation) => {}
                    () = stop.cancelled() => give_back(&hands, &ticket).await,
                }
                drop(slot);
                // A place is free, and its ending may have begun the next work.
                nudge.wake().notify_one();
            });
        }
        Report { seen, done: seen, failed: 0 }
    }
}

/// Another replica, or this one's next run, goes on from the last saved step without waiting for the lease to run out.
async fn give_back(hands: &Hands, ticket: &Ticket) {
    match hands.fleet.give_back(ticket).await {
        Ok(()) => tracing::info!(allocation.id = %ticket.id, "work on {} is given back", ticket.id),
        Err(failure) if failure.code == ErrorCode::StaleEpoch => {}
        Err(failure) => tracing::warn!(allocation.id = %ticket.id, %failure, "a lease runs out by itself"),
    }
}

/// Drives one work until it ends, waits or is lost.
pub async fn work_on(hands: &Hands, nudge: &Nudge, ticket: &Ticket, allocation: Allocation) {
    let id = ticket.id;
    // Who stops or removes needs no values; for who starts, the plan fails with its own reason.
    let values = hands.fleet.values(id).await.unwrap_or_else(|failure| {
        tracing::error!(allocation.id = %id, %failure, "the values of {id} cannot be read");
        PropertyValues::unreadable()
    });
    let mut scene = Scene {
        fleet: hands.fleet.as_ref(),
        engine: hands.engine.as_ref(),
        ambient: &hands.ambient,
        ticket,
        allocation: allocation.clone(),
        values,
        progress: ticket.progress.clone(),
    };
    scene.renew(allocation);
    let began = hands.ambient.now();
    tokio::select! {
        turn = drive(&mut scene) => {
            if let Turn::Ended(ended) = turn {
                let seconds = hands.ambient.now().since(began).as_secs_f64();
                metrics::histogram!("berth_allocation_work_seconds", "work" => ticket.work.as_str()).record(seconds);
                let (state, work) = (ended.state.as_str(), ticket.work.as_str());
                let reason = ended.reason.as_ref().map_or("", |reason| reason.code.as_str());
                metrics::counter!("berth_allocation_ended_total", "work" => work, "state" => state, "reason" => reason).increment(1);
                tracing::info!(allocation.id = %id, tenant.id = %ended.tenant, state, work, seconds, "{work} of allocation {id} ended in {state}");
            }
        }
        () = lose(hands, nudge, ticket) => tracing::info!(allocation.id = %id, "work on {id} was taken over"),
    }
}

/// Renews the lease until it is lost.
async fn lose(hands: &Hands, nudge: &Nudge, ticket: &Ticket) {
    let mut nudges = nudge.listen();
    loop {
        // A nudge that was missed may have been about this one.
        let nudged = async { while matches!(nudges.recv().await, Ok(id) if id != ticket.id) {} };
        tokio::select! {
            () = tokio::time::sleep(RENEW_EVERY) => {}
            () = nudged => {}
        }
        match hands.fleet.renew(ticket).await {
            Err(failure) if failure.code == ErrorCode::StaleEpoch => return,
            Err(failure) => tracing::warn!(allocation.id = %ticket.id, %failure, "a lease was not renewed"),
            Ok(()) => {}
        }
    }
}
