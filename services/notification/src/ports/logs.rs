//! What allocations wrote.

use async_trait::async_trait;
use kit::Failure;

#[async_trait]
pub trait Logs: Send + Sync {
    /// The last lines of an allocation's log, oldest first; none where there is no log.
    async fn last_lines(&self, tenant: &str, allocation: &str, lines: u32) -> Result<Vec<String>, Failure>;
}
