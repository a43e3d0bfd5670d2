//! What other services keep of a user, for the export of one's own data. A part that is away is a failure: half an
//! export would look like a whole one.

use async_trait::async_trait;
use kit::{Failure, TenantId, UserId};

use crate::domain::export::{KeptAllocation, KeptFeed, KeptNotifications};

#[async_trait]
pub trait KeptElsewhere: Send + Sync {
    async fn allocations(&self, tenant: TenantId) -> Result<Vec<KeptAllocation>, Failure>;

    async fn feed(&self, user: UserId) -> Result<KeptFeed, Failure>;

    async fn notifications(&self, user: UserId) -> Result<KeptNotifications, Failure>;
}
