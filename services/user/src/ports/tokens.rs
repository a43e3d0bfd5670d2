//! Signs access tokens.

use async_trait::async_trait;
use kit::Failure;

use crate::domain::Claims;

#[async_trait]
pub trait TokenSigner: Send + Sync {
    /// The token's text, signed with the key of its `issued_at`.
    async fn sign(&self, claims: Claims) -> Result<String, Failure>;

    /// Makes a key where one is missing and forgets what is old; how many were made and forgotten.
    async fn rotate(&self) -> Result<u64, Failure>;
}
