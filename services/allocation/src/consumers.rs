//! Hints from sites: something happened there, so engine and ledger should be compared.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Consumer, DeadLetter, Record, Topic};
use kit::Failure;
use tokio::sync::Notify;

use crate::ports::AllocationFleet;

/// Wakes the reconciler. What happened it finds out for itself.
pub struct Hints {
    pub fleet: Arc<dyn AllocationFleet>,
    pub wake: Arc<Notify>,
}

#[async_trait]
impl Consumer for Hints {
    fn name(&self) -> &'static str {
        "allocation.hints"
    }

    async fn position(&self, _: Topic) -> Result<u64, Failure> {
        self.fleet.hint_position().await
    }

    async fn apply(&self, _: Topic, records: Vec<Record>) -> Result<Vec<DeadLetter>, Failure> {
        // Deaths matter; what this service does itself, starting above all, is no news to it.
        let news = |record: &Record| {
            matches!(record.event.kind.as_str(), "node.container_died" | "node.container_oom" | "node.started")
        };
        if records.iter().any(news) {
            self.wake.notify_one();
        }
        if let Some(last) = records.last() {
            self.fleet.hints_heard(last.position).await?;
        }
        Ok(Vec::new())
    }
}
