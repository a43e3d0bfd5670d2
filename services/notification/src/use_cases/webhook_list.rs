//! A user's webhooks.

use kit::{Failure, UserId};

use super::App;
use crate::domain::Webhook;

pub async fn webhook_list(app: &App, user: UserId) -> Result<Vec<Webhook>, Failure> {
    app.webhooks.list(user).await
}
