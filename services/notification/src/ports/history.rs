//! What became of a user's deliveries.

use async_trait::async_trait;
use kit::{Failure, UserId, WebhookId};

use crate::domain::Record;

#[async_trait]
pub trait History: Send + Sync {
    /// The last of a user's, newest first, without those that nobody wanted.
    async fn of_user(&self, user: UserId, limit: u32) -> Result<Vec<Record>, Failure>;
    /// The last to one webhook, newest first; none where the webhook is not the user's.
    async fn of_webhook(&self, user: UserId, webhook: WebhookId, limit: u32) -> Result<Vec<Record>, Failure>;
}
