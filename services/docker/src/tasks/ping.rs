//! Asks the engine whether it is there, so that `/readyz` says so and says it again when it comes back.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use wire::health::Readiness;
use wire::task::{Report, Task};

use crate::use_cases::App;

/// The part of `/readyz` that the engine is.
pub const PART: &str = "engine";

pub struct EnginePing {
    pub app: Arc<App>,
    pub readiness: Readiness,
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
                self.readiness.ok(PART);
                Report { seen: 1, ..Report::default() }
            }
            Err(failure) => {
                tracing::warn!(%failure, "the container engine does not answer");
                self.readiness.not_ok(PART, "the container engine does not answer");
                Report { failed: 1, ..Report::default() }
            }
        }
    }
}
