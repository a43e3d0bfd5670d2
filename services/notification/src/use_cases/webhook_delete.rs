//! Removes a webhook, with what still waits for it.

use kit::{Act, Caller, Failure, WebhookId};

use super::{App, no_webhook};

pub async fn webhook_delete(app: &App, caller: &Caller, id: WebhookId) -> Result<(), Failure> {
    let act = Act::by(caller, "notification.webhook_delete", "webhook", id);
    if !app.webhooks.delete(caller.user, id, act).await? {
        return Err(no_webhook());
    }
    tracing::info!(webhook.id = %id, user.id = %caller.user, "deleted webhook {id}");
    Ok(())
}
