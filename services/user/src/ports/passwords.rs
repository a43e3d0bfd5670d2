//! Password hashing: slow on purpose, so bounded in how much of it runs at once.

use async_trait::async_trait;
use kit::Failure;

use crate::domain::Password;

#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// The text to keep. `busy` where no core came free in time.
    async fn hash(&self, password: Password) -> Result<String, Failure>;

    /// Whether the password is the one hashed. Without a hash: `false`, after as much work.
    async fn verify(&self, password: Password, hash: Option<String>) -> Result<bool, Failure>;
}
