//! What became of the last events to a webhook.

use kit::{Caller, Failure, WebhookId};

use super::{App, no_webhook};
use crate::domain::Record;

/// How many are shown.
const SHOWN: u32 = 50;

pub async fn webhook_deliveries(app: &App, caller: &Caller, id: WebhookId) -> Result<Vec<Record>, Failure> {
    app.webhooks.find(caller.user, id).await?.ok_or_else(no_webhook)?;
    app.history.of_webhook(caller.user, id, SHOWN).await
}
