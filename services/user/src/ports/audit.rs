//! The audit list. It is only ever added to; what a user sees of it and what admins see are apart.

use async_trait::async_trait;
use bus::{DeadLetter, Topic};
use kit::{Failure, Page, PageRequest, TenantId, Timestamp, UserId};

use crate::domain::{ActFilter, AuditEntry, AuditFilter};

/// The list as one user sees it.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// What this user did, what was done to them, and what was done to their tenant's things; newest first.
    async fn of_user(
        &self,
        user: UserId,
        tenant: TenantId,
        filter: &ActFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, Failure>;
}

/// What a consumer read in one go.
#[derive(Clone, Debug)]
pub struct AuditBatch {
    pub topic: Topic,
    /// The last position that was read.
    pub up_to: u64,
    pub entries: Vec<AuditEntry>,
    pub unreadable: Vec<DeadLetter>,
}

/// The whole list, for admins, the consumer that fills it and the task that ends it.
#[async_trait]
pub trait AuditArchive: Send + Sync {
    /// How far a consumer has come in a topic; 0 at first.
    async fn position(&self, consumer: &str, topic: Topic) -> Result<u64, Failure>;

    /// Keeps entries, dead letters and position in one transaction. An entry that is there already stays as it is.
    async fn take(&self, consumer: &'static str, batch: AuditBatch) -> Result<(), Failure>;

    /// What fits, newest first.
    async fn list(&self, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditEntry>, Failure>;

    /// Removes a bounded number of entries from then or before; says how many.
    async fn forget(&self, before: Timestamp) -> Result<u64, Failure>;
}
