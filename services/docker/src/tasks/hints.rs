//! Passes on what the engine says happened: to the bus, and to whoever follows logs. Only hints: who needs to know looks
//! for itself from time to time.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use kit::{Failure, Timestamp};
use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;
use wire::task::{Report, Task};

use crate::use_cases::App;

/// Follows for as long as the engine is there; a run ends with the engine, or with the process.
pub struct HintsFollow {
    app: Arc<App>,
    logs: Arc<Notify>,
    stop: CancellationToken,
    /// The last hint's time: what came while the engine was away is asked for again.
    last: Mutex<Option<Timestamp>>,
}

impl HintsFollow {
    /// `logs` is woken when a container starts or ends.
    pub fn new(app: Arc<App>, logs: Arc<Notify>, stop: CancellationToken) -> Self {
        Self { app, logs, stop, last: Mutex::default() }
    }

    async fn follow(&self, done: &mut u64) -> Result<(), Failure> {
        let now = self.app.ambient.now();
        let mut last = self.last.lock().await;
        let mut hints = self.app.engine.hints(last.unwrap_or(now)).await?;
        self.app.record.announce_start(now).await?;
        self.logs.notify_one();
        while let Some(hint) = hints.next().await {
            let hint = hint?;
            if last.is_some_and(|last| hint.at <= last) {
                continue;
            }
            *last = Some(hint.at);
            self.logs.notify_one();
            self.app.record.announce(&hint).await?;
            *done += 1;
        }
        Ok(())
    }
}

#[async_trait]
impl Task for HintsFollow {
    fn name(&self) -> &'static str {
        "hints_follow"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(1)
    }

    async fn run_once(&self) -> Report {
        let mut report = Report::default();
        let followed = tokio::select! {
            () = self.stop.cancelled() => Ok(()),
            followed = self.follow(&mut report.done) => followed,
        };
        if let Err(failure) = followed {
            tracing::debug!(%failure, "lost the engine's events");
            report.failed = 1;
        }
        report
    }
}
