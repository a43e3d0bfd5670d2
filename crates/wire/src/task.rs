//! Background work: takes no input, looks for itself, runs when woken and on a timer. The woken, the timed and the
//! restarted run are one path.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bus::turns::{HELD, Turns};
use futures::FutureExt as _;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::drain::Drain;

/// What one run of a task saw and did, for `/metrics` and logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub seen: u64,
    pub done: u64,
    pub failed: u64,
}

/// A piece of background work. Tests call `run_once`, without a timer.
#[async_trait]
pub trait Task: Send + Sync {
    fn name(&self) -> &'static str;
    /// The longest time between two runs.
    fn every(&self) -> Duration;
    async fn run_once(&self) -> Report;
}

/// How turns are asked for and kept.
#[derive(Clone, Copy)]
struct Pace {
    /// Until a turn that another replica has is tried again: with how long a dead holder's lasts, it is taken over within
    /// fifteen seconds.
    next_try: Duration,
    /// The same where somebody asked for a run.
    asked_try: Duration,
    /// Until a turn is held longer: a third of how long it lasts, so that one lost word costs nothing.
    keep_every: Duration,
    /// How long it may be another's without our knowing.
    held: Duration,
}

const PACE: Pace = Pace {
    next_try: Duration::from_secs(3),
    asked_try: Duration::from_millis(500),
    keep_every: Duration::from_secs(3),
    held: HELD,
};

/// A task with what wakes it.
#[derive(Clone)]
pub struct Scheduled {
    pub task: Arc<dyn Task>,
    pub wake: Arc<Notify>,
    turns: Option<(Arc<dyn Turns>, Pace)>,
}

impl Scheduled {
    pub fn new(task: Arc<dyn Task>) -> Self {
        Self::woken_by(task, Arc::new(Notify::new()))
    }

    /// One that somebody has the bell of already.
    pub const fn woken_by(task: Arc<dyn Task>, wake: Arc<Notify>) -> Self {
        Self { task, wake, turns: None }
    }

    /// Of all replicas that have the task, one runs it at a time, and on the timer all together as often as one would alone.
    /// One that is woken runs it as soon as no other does.
    #[must_use]
    pub fn in_turns(self, turns: Arc<dyn Turns>) -> Self {
        Self { turns: Some((turns, PACE)), ..self }
    }

    /// Runs at once, then when woken or when its time has come, until the process stops.
    pub fn start(self, drain: &Drain) {
        let stop = drain.stop.clone();
        drain.tracker.spawn(async move {
            // Whether a run was asked for that has not begun: the first one is.
            let mut asked = true;
            loop {
                if let Some(report) = self.run(asked).await {
                    asked = false;
                    self.tell(&report);
                }
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = self.wake.notified() => asked = true,
                    () = tokio::time::sleep(self.pause(asked)) => {}
                }
            }
        });
    }

    fn pause(&self, asked: bool) -> Duration {
        let most = match (&self.turns, asked) {
            (None, _) => return self.task.every(),
            (Some((_, pace)), true) => pace.asked_try,
            (Some((_, pace)), false) => pace.next_try,
        };
        self.task.every().min(most)
    }

    /// `None` where it was not this replica's turn.
    async fn run(&self, asked: bool) -> Option<Report> {
        let Some((turns, pace)) = &self.turns else { return Some(self.run_once().await) };
        let (name, began) = (self.task.name(), Instant::now());
        match turns.take(name, self.task.every(), asked).await {
            Ok(true) => {}
            Ok(false) => return None,
            Err(failure) => {
                tracing::warn!(task = name, %failure, "whose turn it is at {name} cannot be told");
                return None;
            }
        }
        let report = tokio::select! {
            report = self.run_once() => report,
            () = lose(turns.as_ref(), name, *pace, began) => {
                tracing::warn!(task = name, "the turn at {name} was lost in the middle of a run");
                return Some(Report { failed: 1, ..Report::default() });
            }
        };
        if let Err(failure) = turns.end(name).await {
            tracing::warn!(task = name, %failure, "a turn at {name} runs out by itself");
        }
        Some(report)
    }

    /// A panic ends one run and not the task: the next looks for itself.
    async fn run_once(&self) -> Report {
        AssertUnwindSafe(self.task.run_once()).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!(task = self.task.name(), "{} panicked", self.task.name());
            Report { failed: 1, ..Report::default() }
        })
    }

    fn tell(&self, report: &Report) {
        let name = self.task.name();
        metrics::counter!("berth_task_runs_total", "task" => name).increment(1);
        metrics::counter!("berth_task_done_total", "task" => name).increment(report.done);
        metrics::counter!("berth_task_failed_total", "task" => name).increment(report.failed);
        if report.done + report.failed > 0 {
            tracing::debug!(task = name, ?report, "ran {name}");
        }
    }
}

/// Keeps a turn that was asked for at `kept` until it is lost, or may be: because nobody could be told for so long that it
/// is kept.
async fn lose(turns: &dyn Turns, task: &'static str, pace: Pace, mut kept: Instant) {
    while kept.elapsed() + pace.keep_every < pace.held {
        tokio::time::sleep(pace.keep_every).await;
        let now = Instant::now();
        match tokio::time::timeout_at(kept + pace.held, turns.keep(task)).await {
            Ok(Ok(true)) => kept = now,
            Ok(Ok(false)) | Err(_) => return,
            Ok(Err(failure)) => tracing::warn!(task, %failure, "a turn at {task} was not kept"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use kit::{ErrorCode, Failure};
    use testkit::until;
    use tokio::sync::Semaphore;

    use super::*;

    const QUICK: Pace = Pace {
        next_try: Duration::from_millis(5),
        asked_try: Duration::from_millis(1),
        keep_every: Duration::from_millis(5),
        held: Duration::from_millis(50),
    };

    /// Turns as a test wants them.
    #[derive(Default)]
    struct Fake {
        others: Mutex<bool>,
        lost: bool,
        away: bool,
        kept: AtomicUsize,
        refused: AtomicUsize,
    }

    #[async_trait]
    impl Turns for Fake {
        async fn take(&self, _: &'static str, _: Duration, asked: bool) -> Result<bool, Failure> {
            let free = asked && !*self.others.lock().unwrap();
            self.refused.fetch_add(usize::from(!free), Ordering::SeqCst);
            Ok(free)
        }

        async fn keep(&self, _: &'static str) -> Result<bool, Failure> {
            self.kept.fetch_add(1, Ordering::SeqCst);
            if self.away { Err(Failure::of(ErrorCode::StoreUnavailable)) } else { Ok(!self.lost) }
        }

        async fn end(&self, _: &'static str) -> Result<(), Failure> {
            Ok(())
        }
    }

    /// Counts its runs, each of which ends when the test lets it.
    struct Counting {
        begun: AtomicUsize,
        ends: Semaphore,
    }

    #[async_trait]
    impl Task for Counting {
        fn name(&self) -> &'static str {
            "counting"
        }

        fn every(&self) -> Duration {
            Duration::from_secs(60)
        }

        async fn run_once(&self) -> Report {
            self.begun.fetch_add(1, Ordering::SeqCst);
            self.ends.acquire().await.unwrap().forget();
            Report { done: 1, ..Report::default() }
        }
    }

    fn counting(ends: usize, turns: &Arc<Fake>) -> (Arc<Counting>, Scheduled) {
        let task = Arc::new(Counting { begun: AtomicUsize::new(0), ends: Semaphore::new(ends) });
        let scheduled = Scheduled::new(task.clone());
        (task, Scheduled { turns: Some((turns.clone(), QUICK)), ..scheduled })
    }

    async fn reaches(count: &AtomicUsize, least: usize) {
        until(|| async { count.load(Ordering::SeqCst) }, |now| *now >= least).await;
    }

    #[tokio::test]
    async fn what_was_asked_for_while_another_has_the_turn_is_not_forgotten() {
        let turns = Arc::new(Fake { others: Mutex::new(true), ..Fake::default() });
        let ((task, scheduled), drain) = (counting(100, &turns), Drain::default());
        let wake = scheduled.wake.clone();
        scheduled.start(&drain);
        for runs in 0..3 {
            assert_eq!(task.begun.load(Ordering::SeqCst), runs);
            reaches(&turns.refused, turns.refused.load(Ordering::SeqCst) + 3).await;
            *turns.others.lock().unwrap() = false;
            reaches(&task.begun, runs + 1).await;
            // Nobody asks now, and nobody gets it.
            reaches(&turns.refused, turns.refused.load(Ordering::SeqCst) + 3).await;
            *turns.others.lock().unwrap() = true;
            wake.notify_one();
        }
        drain.stop.cancel();
    }

    #[tokio::test]
    async fn a_run_goes_on_as_long_as_its_turn_is_kept() {
        let turns = Arc::new(Fake::default());
        let (task, scheduled) = counting(0, &turns);
        let let_end = async {
            reaches(&turns.kept, 30).await;
            task.ends.add_permits(1);
        };
        let (report, ()) = tokio::join!(scheduled.run(true), let_end);
        assert_eq!(report, Some(Report { done: 1, ..Report::default() }));
    }

    /// Panics the first time.
    #[derive(Default)]
    struct Startled(AtomicUsize);

    #[async_trait]
    impl Task for Startled {
        fn name(&self) -> &'static str {
            "startled"
        }

        fn every(&self) -> Duration {
            Duration::from_millis(1)
        }

        async fn run_once(&self) -> Report {
            assert!(self.0.fetch_add(1, Ordering::SeqCst) > 0, "this is what the test wants");
            Report::default()
        }
    }

    #[tokio::test]
    async fn a_task_that_panicked_runs_again() {
        let (task, drain) = (Arc::new(Startled::default()), Drain::default());
        Scheduled::new(task.clone()).start(&drain);
        reaches(&task.0, 3).await;
        drain.stop.cancel();
    }

    #[tokio::test]
    async fn a_run_ends_with_its_turn_and_at_the_latest_when_that_may_be_anothers() {
        for (lost, away) in [(true, false), (false, true)] {
            let turns = Arc::new(Fake { lost, away, ..Fake::default() });
            let (task, scheduled) = counting(0, &turns);
            assert_eq!(scheduled.run(true).await, Some(Report { failed: 1, ..Report::default() }));
            assert_eq!(task.begun.load(Ordering::SeqCst), 1);
        }
    }
}
