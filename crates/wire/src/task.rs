//! Background work: takes no input, looks for itself, runs when woken and on a timer. The woken, the timed and the
//! restarted run are one path.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;

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

/// A task with what wakes it.
#[derive(Clone)]
pub struct Scheduled {
    pub task: Arc<dyn Task>,
    pub wake: Arc<Notify>,
}

impl Scheduled {
    pub fn new(task: Arc<dyn Task>) -> Self {
        Self { task, wake: Arc::new(Notify::new()) }
    }

    /// Runs at once, then when woken or when its time has come, until the process stops.
    pub fn start(self, drain: &Drain) {
        let stop = drain.stop.clone();
        drain.tracker.spawn(async move {
            loop {
                let report = self.task.run_once().await;
                let name = self.task.name();
                metrics::counter!("berth_task_runs_total", "task" => name).increment(1);
                metrics::counter!("berth_task_done_total", "task" => name).increment(report.done);
                metrics::counter!("berth_task_failed_total", "task" => name).increment(report.failed);
                if report.done + report.failed > 0 {
                    tracing::debug!(task = name, ?report, "ran {name}");
                }
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = self.wake.notified() => {}
                    () = tokio::time::sleep(self.task.every()) => {}
                }
            }
        });
    }
}
