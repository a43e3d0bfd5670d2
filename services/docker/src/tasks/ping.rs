//! Asks the engine whether it is there, so that `/readyz` says so and says it again when it comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use wire::health::Readiness;
use wire::task::{Report, Task};

use crate::use_cases::App;

/// The part of `/readyz` that the engine is.
const PART: &str = "engine";

pub struct EnginePing {
    app: Arc<App>,
    readiness: Readiness,
    away: AtomicBool,
}

impl EnginePing {
    pub fn new(app: Arc<App>, readiness: Readiness) -> Self {
        readiness.expect(PART);
        Self { app, readiness, away: AtomicBool::new(false) }
    }
}

#[async_trait]
impl Task for EnginePing {
    fn name(&self) -> &'static str {
        "engine_ping"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(2)
    }

    async fn run_once(&self) -> Report {
        match self.app.engine.ping().await {
            Ok(()) => {
                if self.away.swap(false, Ordering::Relaxed) {
                    tracing::info!("the container engine answers again");
                }
                self.readiness.ok(PART);
                Report { seen: 1, ..Report::default() }
            }
            Err(failure) => {
                // Once a loss, not once a ping.
                if !self.away.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%failure, "the container engine does not answer");
                }
                self.readiness.not_ok(PART, "the container engine does not answer");
                Report { failed: 1, ..Report::default() }
            }
        }
    }
}
