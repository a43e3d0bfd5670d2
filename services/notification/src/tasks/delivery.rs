//! Sends what is due in one lane: as soon as one delivery ends or comes due, the next begins, so that a slow receiver
//! costs its own place and nobody else's. Woken by new rows; otherwise it sleeps just as long as the next retry is away.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use kit::Failure;
use tokio::sync::{Mutex, Notify};
use wire::task::Scheduled;
use wire::{Report, Task};

use crate::config::NotificationConfig;
use crate::domain::{Delivery, Outcome};
use crate::ports::Lane;
use crate::use_cases::deliver::{Delivering, counted_from_zero, deliver};

/// A look at the table costs next to nothing, but a loop without any pause would not.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause without being woken.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The pause after a failure of the store.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// While something is under way, how often it is looked for what has come due in the meantime.
const LOOK: Duration = Duration::from_secs(1);
/// How long a run goes on taking new deliveries: between two runs the task reports, and may be stopped.
const TURN: Duration = Duration::from_secs(5);

/// A delivery under way: whether it is a code, and how it ended.
type UnderWay = FuturesUnordered<BoxFuture<'static, (bool, Result<Outcome, Failure>)>>;

/// Sends what is due in one lane.
pub struct DeliveryTask {
    lane: Lane,
    with: Arc<Delivering>,
    config: NotificationConfig,
    wake: Arc<Notify>,
    running: Mutex<Running>,
    /// Until the next run, in milliseconds.
    pause: AtomicU64,
}

/// What is under way; what is slow goes on from one run to the next.
#[derive(Default)]
struct Running {
    all: UnderWay,
    codes: u32,
}

impl Running {
    fn begin(&mut self, with: &Arc<Delivering>, delivery: Delivery, hold: Duration) {
        let (with, is_code) = (with.clone(), delivery.subject.is_code());
        self.codes += u32::from(is_code);
        self.all.push(Box::pin(async move { (is_code, held(&with, &delivery, hold).await) }));
    }

    /// Waits until one ends; `None` where nothing is under way.
    async fn next(&mut self) -> Option<Result<Outcome, Failure>> {
        let (was_code, outcome) = self.all.next().await?;
        self.codes -= u32::from(was_code);
        Some(outcome)
    }

    fn len(&self) -> u32 {
        self.all.len() as u32
    }
}

impl DeliveryTask {
    pub fn scheduled(lane: Lane, with: Delivering, config: NotificationConfig) -> Scheduled {
        counted_from_zero();
        let wake = Arc::new(Notify::new());
        let (with, running, pause) = (Arc::new(with), Mutex::default(), AtomicU64::new(0));
        let task = Arc::new(Self { lane, with, config, wake: wake.clone(), running, pause });
        Scheduled::woken_by(task, wake)
    }

    /// Until nothing is due or under way, or the turn is over.
    async fn send_due(&self, running: &mut Running) -> Result<Report, Failure> {
        let mut report = Report::default();
        let turn = tokio::time::sleep(TURN);
        tokio::pin!(turn);
        loop {
            let claimed = self.refill(running).await;
            if running.all.is_empty() {
                return claimed.map(|()| report);
            }
            tokio::select! {
                Some(outcome) = running.next() => count(&mut report, &outcome),
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
                () = &mut turn => break,
            }
        }
        // What is quick is not left in the middle.
        let quick = async {
            while let Some(outcome) = running.next().await {
                count(&mut report, &outcome);
            }
        };
        let _ = tokio::time::timeout(LOOK, quick).await;
        Ok(report)
    }

    /// Claims no more than start at once: what is claimed must not spend its hold in a queue.
    async fn refill(&self, running: &mut Running) -> Result<(), Failure> {
        let lanes: &[Lane] = if self.lane == Lane::Messages { &[Lane::Codes, Lane::Messages] } else { &[self.lane] };
        for lane in lanes {
            let room = self.room(*lane, running);
            if room == 0 {
                continue;
            }
            let at = self.with.ambient.now();
            let claimed = self.with.deliveries.claim(*lane, at, at.plus(self.config.hold.get()), room).await?;
            for delivery in claimed {
                running.begin(&self.with, delivery, self.config.hold.get());
            }
        }
        Ok(())
    }

    /// How many more may begin. One place of the messages' is for codes alone.
    fn room(&self, lane: Lane, running: &Running) -> u32 {
        match lane {
            Lane::Webhooks => self.config.webhooks_at_once.saturating_sub(running.len()),
            Lane::Codes => self.config.at_once.max(2).saturating_sub(running.len()),
            Lane::Messages => {
                let others = running.len() - running.codes;
                let most = self.config.at_once.max(2);
                (most - 1).saturating_sub(others).min(most.saturating_sub(running.len()))
            }
        }
    }

    async fn pause(&self) -> Result<Duration, Failure> {
        let at = self.with.ambient.now();
        let next = self.with.deliveries.next_due(self.lane).await?;
        Ok(next.map_or(LONGEST_PAUSE, |next| next.since(at)).clamp(SHORTEST_PAUSE, LONGEST_PAUSE))
    }
}

/// Sends under a hold that is renewed for as long as it takes. Who lost it stops: another replica is at it.
async fn held(with: &Delivering, delivery: &Delivery, hold: Duration) -> Result<Outcome, Failure> {
    let sending = deliver(with, delivery);
    tokio::pin!(sending);
    loop {
        tokio::select! {
            outcome = &mut sending => return outcome,
            () = tokio::time::sleep(hold / 3) => {}
        }
        let at = with.ambient.now();
        match with.deliveries.renew(delivery, at, at.plus(hold)).await {
            Ok(true) => {}
            Ok(false) => return Ok(Outcome::Skipped),
            Err(failure) => tracing::warn!(delivery.id = %delivery.id, %failure, "a hold was not renewed"),
        }
    }
}

fn count(report: &mut Report, outcome: &Result<Outcome, Failure>) {
    report.seen += 1;
    match outcome {
        Ok(Outcome::Sent | Outcome::Expired | Outcome::Skipped) => report.done += 1,
        Ok(Outcome::Retry { .. } | Outcome::Dead(_)) => report.failed += 1,
        Err(failure) => {
            tracing::error!(%failure, "how a delivery ended could not be recorded");
            report.failed += 1;
        }
    }
}

#[async_trait]
impl Task for DeliveryTask {
    fn name(&self) -> &'static str {
        match self.lane {
            Lane::Messages | Lane::Codes => "notification_delivery",
            Lane::Webhooks => "notification_webhook_delivery",
        }
    }

    fn every(&self) -> Duration {
        Duration::from_millis(self.pause.load(Ordering::Relaxed))
    }

    async fn run_once(&self) -> Report {
        let mut running = self.running.lock().await;
        let sent = self.send_due(&mut running).await;
        let pause = match &sent {
            Ok(_) if !running.all.is_empty() => Duration::ZERO,
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
