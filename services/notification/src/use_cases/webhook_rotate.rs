//! Gives a webhook a new secret; the old one signs beside it for a day, so that receivers can change over.

use std::sync::Arc;

use kit::{Act, Caller, Failure, WebhookId};

use super::{App, no_webhook};
use crate::domain::Webhook;

pub async fn webhook_rotate(app: &App, caller: &Caller, id: WebhookId) -> Result<Webhook, Failure> {
    let act = Act::by(caller, "notification.webhook_rotate", "webhook", id);
    let (secret, at) = (app.secret(), app.ambient.now());
    let edit = Arc::new(move |webhook: Webhook| webhook.rotated(secret.clone(), at));
    let rotated = app.webhooks.update(caller.user, id, edit, act).await?.ok_or_else(no_webhook)?;
    tracing::info!(webhook.id = %id, user.id = %caller.user, "rotated the secret of webhook {id}");
    Ok(rotated)
}
