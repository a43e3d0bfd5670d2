//! Until when an operation may go on: what Cassandra does not answer by then is answered with 503.

use std::time::Duration;

use kit::Failure;
use tokio::time::Instant;

use super::failure::away;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    pub fn after(span: Duration) -> Self {
        Self(Instant::now() + span)
    }

    pub fn is_past(self) -> bool {
        Instant::now() >= self.0
    }

    /// What the work gives, or `StoreUnavailable` when it takes too long. For work that changes nothing, or the same
    /// however often it is done.
    pub async fn keep<T>(self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        self.within(work).await.unwrap_or_else(|| Err(too_late()))
    }

    /// `None` when it takes too long.
    pub async fn within<T>(self, work: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout_at(self.0, work).await.ok()
    }
}

pub fn too_late() -> Failure {
    away("Cassandra took too long")
}
