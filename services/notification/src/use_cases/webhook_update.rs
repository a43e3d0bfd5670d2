//! Changes where events go, which ones, and whether any do.

use std::sync::Arc;

use kit::{Act, Caller, Failure, WebhookId};

use super::{App, no_webhook};
use crate::domain::webhook::origin;
use crate::domain::{Events, Webhook};

/// What stays as it is stays `None`.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub url: Option<String>,
    pub events: Option<Events>,
    pub active: Option<bool>,
}

pub async fn webhook_update(app: &App, caller: &Caller, id: WebhookId, change: Change) -> Result<Webhook, Failure> {
    // A stranger learns nothing of what is behind names that they send.
    app.webhooks.find(caller.user, id).await?.ok_or_else(no_webhook)?;
    let url = match &change.url {
        Some(url) => Some(app.sender.check(url).await?),
        None => None,
    };
    let details = [
        ("receiver", url.as_deref().map(|url| origin(url).to_owned())),
        ("events", change.events.as_ref().map(|events| events.names().join(" "))),
        ("active", change.active.map(|active| active.to_string())),
    ];
    let act = Act::by(caller, "notification.webhook_update", "webhook", id);
    let act = details.into_iter().fold(act, |act, (name, value)| match value {
        Some(value) => act.detail(name, value),
        None => act,
    });
    let at = app.ambient.now();
    let edit = Arc::new(move |webhook: Webhook| {
        let webhook = change.active.into_iter().fold(webhook, Webhook::switched);
        Webhook {
            url: url.clone().unwrap_or(webhook.url),
            events: change.events.clone().unwrap_or(webhook.events),
            updated_at: at,
            ..webhook
        }
    });
    let changed = app.webhooks.update(caller.user, id, edit, act).await?.ok_or_else(no_webhook)?;
    tracing::info!(webhook.id = %id, user.id = %caller.user, "updated webhook {id}");
    Ok(changed)
}
