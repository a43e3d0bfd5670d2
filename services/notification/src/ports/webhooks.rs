//! Users' webhooks. There is no way to ask without a user.

use std::sync::Arc;

use async_trait::async_trait;
use kit::{Act, Failure, UserId, WebhookId};

use crate::domain::{Delivery, Webhook};

/// What a webhook becomes.
pub type Edit = Arc<dyn Fn(Webhook) -> Webhook + Send + Sync>;

#[async_trait]
pub trait Webhooks: Send + Sync {
    /// Oldest first.
    async fn list(&self, user: UserId) -> Result<Vec<Webhook>, Failure>;
    /// `None` also for another user's.
    async fn find(&self, user: UserId, id: WebhookId) -> Result<Option<Webhook>, Failure>;
    /// `TooMany` where the user has as many as there may be, `SessionClosed` where they are leaving or gone; nothing is
    /// left then.
    async fn create(&self, webhook: Webhook, act: Act) -> Result<(), Failure>;
    /// Changes a webhook as it is at that moment, and gives what it became. `None` also for another user's.
    async fn update(&self, user: UserId, id: WebhookId, edit: Edit, act: Act) -> Result<Option<Webhook>, Failure>;
    /// Removes it with all its deliveries; whether it was there.
    async fn delete(&self, user: UserId, id: WebhookId, act: Act) -> Result<bool, Failure>;
    /// Puts a delivery to a webhook among those that are due. `false` where the webhook is not the user's; `TooMany` where
    /// as many of its subject wait there as may be asked for.
    async fn enqueue(&self, delivery: Delivery) -> Result<bool, Failure>;
}
