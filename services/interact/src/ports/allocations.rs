//! Whose an allocation is.

use async_trait::async_trait;
use kit::{AllocationId, Failure, TenantId};

/// How an allocation stands, as far as its log's viewer cares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It runs or will; more is to be expected.
    Live,
    /// It came to rest in this state: nothing more comes.
    AtRest(String),
}

#[async_trait]
pub trait Allocations: Send + Sync {
    /// `AllocationNotFound` also for another tenant's: a stranger cannot tell the difference.
    async fn find(&self, tenant: TenantId, id: AllocationId) -> Result<Standing, Failure>;
}
