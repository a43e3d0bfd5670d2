//! Tells other replicas of what this one let through. What passes too much until then is paid back afterwards.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Limits;
use crate::task::{Report, Task};

pub struct ShareCounts(pub Arc<Limits>);

#[async_trait]
impl Task for ShareCounts {
    fn name(&self) -> &'static str {
        "limits_share"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// What cannot be told is forgotten: this process's own limits hold all the same.
    async fn run_once(&self) -> Report {
        match self.0.share().await {
            Ok(told) => Report { seen: told, done: told, failed: 0 },
            Err(_) => Report { seen: 0, done: 0, failed: 1 },
        }
    }
}
