//! An API key as user resolved it: whose it is and what it may do.

use kit::{ApiKeyId, Scope, TenantId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    pub id: ApiKeyId,
    pub user: UserId,
    /// The only tenant that it opens.
    pub tenant: TenantId,
    pub scopes: Vec<Scope>,
    pub expires_at: Option<Timestamp>,
    /// The user's revision when it was resolved.
    pub user_revision: u64,
    /// When user looked, by user's clock: what was closed later is not known in it.
    pub resolved_at: Timestamp,
}

impl Key {
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}
