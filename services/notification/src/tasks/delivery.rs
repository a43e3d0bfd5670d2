//! Sends what is due in one lane. Woken by new rows; otherwise it sleeps just as long as the next retry is away.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use kit::Failure;
use wire::{Report, Task};

use crate::config::NotificationConfig;
use crate::domain::Outcome;
use crate::ports::Lane;
use crate::use_cases::deliver::{Delivering, deliver};

/// A look at the table costs next to nothing, but a loop without any pause would not.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
/// The longest pause without being woken.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The pause after a failure of the store.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Sends what is due in one lane.
pub struct DeliveryTask {
    lane: Lane,
    with: Delivering,
    config: NotificationConfig,
    /// Until the next run, in milliseconds.
    pause: AtomicU64,
}

impl DeliveryTask {
    pub fn new(lane: Lane, with: Delivering, config: NotificationConfig) -> Self {
        Self { lane, with, config, pause: AtomicU64::new(0) }
    }

    async fn send_due(&self) -> Result<Report, Failure> {
        let at = self.with.ambient.now();
        // No more than start at once: what is claimed must not spend its hold in a queue.
        let (hold_until, limit) = (at.plus(self.config.hold.get()), self.at_once());
        let claimed = self.with.deliveries.claim(self.lane, at, hold_until, limit).await?;
        let outcomes = join_all(claimed.iter().map(|delivery| deliver(&self.with, delivery))).await;
        Ok(report(&outcomes))
    }

    const fn at_once(&self) -> u32 {
        match self.lane {
            Lane::Messages => self.config.at_once,
            Lane::Webhooks => self.config.webhooks_at_once,
        }
    }

    async fn pause(&self) -> Result<Duration, Failure> {
        let at = self.with.ambient.now();
        let next = self.with.deliveries.next_due(self.lane).await?;
        Ok(next.map_or(LONGEST_PAUSE, |next| next.since(at)).clamp(SHORTEST_PAUSE, LONGEST_PAUSE))
    }
}

fn report(outcomes: &[Result<Outcome, Failure>]) -> Report {
    let mut report = Report { seen: outcomes.len() as u64, ..Report::default() };
    for outcome in outcomes {
        match outcome {
            Ok(Outcome::Sent | Outcome::Expired | Outcome::Skipped) => report.done += 1,
            Ok(Outcome::Retry { .. } | Outcome::Dead(_)) => report.failed += 1,
            Err(failure) => {
                tracing::error!(%failure, "how a delivery ended could not be recorded");
                report.failed += 1;
            }
        }
    }
    report
}

#[async_trait]
impl Task for DeliveryTask {
    fn name(&self) -> &'static str {
        match self.lane {
            Lane::Messages => "notification_delivery",
            Lane::Webhooks => "notification_webhook_delivery",
        }
    }

    fn every(&self) -> Duration {
        Duration::from_millis(self.pause.load(Ordering::Relaxed))
    }

    async fn run_once(&self) -> Report {
        let sent = self.send_due().await;
        let pause = match &sent {
            Ok(_) => self.pause().await.unwrap_or(PAUSE_AFTER_FAILURE),
            Err(_) => PAUSE_AFTER_FAILURE,
        };
        self.pause.store(pause.as_millis() as u64, Ordering::Relaxed);
        sent.unwrap_or_else(|failure| {
            tracing::warn!(%failure, "deliveries have to wait");
            Report { failed: 1, ..Report::default() }
        })
    }
}
