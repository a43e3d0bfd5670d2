//! What tenants hold in other services.

use async_trait::async_trait;
use kit::Failure;

use crate::domain::Settlement;

#[async_trait]
pub trait Holdings: Send + Sync {
    /// Wishes all of a tenant's allocations to end up so; how many do not yet. Doing it twice is doing it once.
    async fn settle(&self, work: Settlement) -> Result<u32, Failure>;
}
