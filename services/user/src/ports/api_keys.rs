//! API keys: as their owner keeps them, and as one who holds a key's text proves to be them.

use async_trait::async_trait;
use kit::{Act, ApiKeyId, Failure, Timestamp, UserId};

use crate::domain::{ApiKey, NewApiKey};

#[async_trait]
pub trait ApiKeyStore: Send + Sync {
    /// Keeps a key, with the act and the notice to its user in the same transaction. `name_taken`; `too_many` above
    /// `MOST_KEYS`; `session_closed` where the account is gone or closed by now.
    async fn create(&self, user: UserId, new: NewApiKey, act: Act) -> Result<ApiKey, Failure>;

    /// The user's keys, newest first; expired ones too.
    async fn list(&self, user: UserId) -> Result<Vec<ApiKey>, Failure>;

    /// Removes a key of this user and records the closing under the key's id, with the time of the transaction: an answer
    /// about the key that was made before it is void. The act gets the key's name as a detail.
    /// `false` where there is none: revoked before, or another's.
    async fn revoke(&self, user: UserId, key: ApiKeyId, act: Act) -> Result<bool, Failure>;

    /// The key of this hash, while it is not expired.
    async fn resolve(&self, hash: [u8; 32], at: Timestamp) -> Result<Option<ApiKey>, Failure>;

    /// Records a use; one that is older than the last recorded is none.
    async fn mark_used(&self, key: ApiKeyId, at: Timestamp) -> Result<(), Failure>;

    /// Removes a bounded number of keys that expired by then; says how many.
    async fn forget(&self, expired_by: Timestamp) -> Result<u64, Failure>;
}
