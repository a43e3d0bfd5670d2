//! Who asks, and whether that is still so.

use async_trait::async_trait;
use kit::{Caller, Failure, TenantId, Timestamp};

/// Somebody whose token was good. A socket lives with the session, not with the token's few minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    pub caller: Caller,
    /// When the token says that it was issued; for an API key, when it was admitted.
    pub issued_at: Timestamp,
    pub user_revision: u64,
    /// SHA-256 of the API key that was shown in a token's place.
    pub key: Option<Vec<u8>>,
}

#[async_trait]
pub trait Sessions: Send + Sync {
    /// A verified user by an access token, or by an API key that may read logs. Fails as REST does: `Unauthenticated`,
    /// `UserNotVerified`, `ScopeMissing`, `SessionUnknown`, ….
    async fn admit(&self, token: &str, tenant: Option<TenantId>) -> Result<Admitted, Failure>;

    /// Fails where the session or what it may do was taken back.
    async fn look(&self, admitted: &Admitted) -> Result<(), Failure>;
}
