//! How users are reached.

use async_trait::async_trait;
use kit::{Failure, UserId};

use crate::domain::Reached;

#[async_trait]
pub trait Contacts: Send + Sync {
    async fn reach(&self, user: UserId) -> Result<Reached, Failure>;
}
