//! The signing keys, shared by all replicas of this service.

use async_trait::async_trait;
use kit::{Failure, Timestamp};

use crate::domain::SigningKey;

#[async_trait]
pub trait KeyStore: Send + Sync {
    /// All keys, newest first.
    async fn all(&self) -> Result<Vec<SigningKey>, Failure>;

    /// Adds a key unless another one signs at or after its beginning: of replicas that rotate at once, one does.
    async fn add(&self, key: SigningKey) -> Result<bool, Failure>;

    /// Removes keys that signed their last token before this; how many.
    async fn forget(&self, before: Timestamp) -> Result<u64, Failure>;
}
