//! Where closed sessions are heard of.

use async_trait::async_trait;
use kit::Failure;

use crate::domain::Closure;

#[async_trait]
pub trait ClosureFeed: Send + Sync {
    /// What was closed behind a cursor, oldest first; 0 asks for all that can still matter.
    async fn closed_since(&self, cursor: u64, limit: u32) -> Result<Vec<Closure>, Failure>;
}
