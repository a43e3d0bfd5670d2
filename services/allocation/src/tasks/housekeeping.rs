//! Keeps tables small: keys, set-aside ports and removed allocations whose time is over.

use std::time::Duration;

use async_trait::async_trait;
use wire::task::{Report, Task};

use super::Hands;

pub struct Housekeeping(pub Hands);

#[async_trait]
impl Task for Housekeeping {
    fn name(&self) -> &'static str {
        "allocation_housekeeping"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(600)
    }

    async fn run_once(&self) -> Report {
        match self.0.fleet.sweep(self.0.ambient.now()).await {
            Ok(done) => Report { seen: done, done, failed: 0 },
            Err(failure) => {
                tracing::warn!(%failure, "housekeeping has to wait");
                Report { failed: 1, ..Report::default() }
            }
        }
    }
}
