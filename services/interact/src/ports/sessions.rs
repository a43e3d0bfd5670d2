//! Who asks, and whether that is still so.

use async_trait::async_trait;
use kit::{Caller, Failure, TenantId, Timestamp};

/// Somebody whose token was good. A socket lives with the session, not with the token's few minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    pub caller: Caller,
    /// What the token said of itself.
    pub issued_at: Timestamp,
    pub user_revision: u64,
}

#[async_trait]
pub trait Sessions: Send + Sync {
    /// A verified user by an access token. Fails as REST does: `Unauthenticated`, `UserNotVerified`, `SessionUnknown`, ….
    async fn admit(&self, token: &str, tenant: Option<TenantId>) -> Result<Admitted, Failure>;

    /// Fails where the session or what it may do was taken back.
    async fn look(&self, admitted: &Admitted) -> Result<(), Failure>;
}
