//! Forgets deliveries that ended long ago: names and addresses are not kept for longer than somebody may ask about them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kit::Ambient;
use wire::{Report, Task};

use crate::config::NotificationConfig;
use crate::ports::Deliveries;

/// Forgets deliveries that ended long ago.
pub struct SweepTask {
    pub deliveries: Arc<dyn Deliveries>,
    pub ambient: Ambient,
    pub config: NotificationConfig,
}

#[async_trait]
impl Task for SweepTask {
    fn name(&self) -> &'static str {
        "notification_sweep"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(3_600)
    }

    async fn run_once(&self) -> Report {
        let before = self.ambient.now().minus(self.config.keep.get());
        match self.deliveries.forget(before).await {
            Ok(done) => Report { seen: done, done, failed: 0 },
            Err(failure) => {
                tracing::warn!(%failure, "old deliveries could not be forgotten");
                Report { failed: 1, ..Report::default() }
            }
        }
    }
}
