//! Has events sent somewhere.

use kit::{Act, Caller, Failure, WebhookId};

use super::App;
use crate::domain::webhook::{MOST, full};
use crate::domain::{Events, Webhook};

/// The webhook with the secret that it will never show again. The address is checked now, so that a mistake is told to
/// who makes it, and at every delivery, because names move.
pub async fn webhook_create(app: &App, caller: &Caller, url: &str, events: Events) -> Result<Webhook, Failure> {
    // A look-up is costly, and here it would be for nothing.
    if app.webhooks.list(caller.user).await?.len() >= MOST {
        return Err(full());
    }
    let url = app.sender.check(url).await?;
    let at = app.ambient.now();
    let webhook = Webhook {
        id: WebhookId::mint(&app.ambient),
        user: caller.user,
        url,
        events,
        active: true,
        secret: app.secret(),
        previous: None,
        failing_since: None,
        failures: 0,
        disabled: None,
        created_at: at,
        updated_at: at,
    };
    let act =
        Act::by(caller, "notification.webhook_create", "webhook", webhook.id).detail("receiver", webhook.origin());
    app.webhooks.create(webhook.clone(), act).await?;
    tracing::info!(webhook.id = %webhook.id, user.id = %caller.user, "created webhook {}", webhook.id);
    Ok(webhook)
}
