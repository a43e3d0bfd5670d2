//! Sends an event to a webhook for no other reason than to see it arrive; also to one that is turned off.

use kit::{Caller, EventId, Failure, WebhookId};

use super::{App, no_webhook};
use crate::domain::delivery::Told;
use crate::domain::{Delivery, DeliveryId, EventType, Facts, Subject};

pub async fn webhook_test(app: &App, caller: &Caller, id: WebhookId) -> Result<DeliveryId, Failure> {
    let at = app.ambient.now();
    let facts = Facts::of(&[("webhook_id", &id.to_string())]);
    let told = Told { cause: EventId::mint(&app.ambient), user: caller.user, at, facts };
    let delivery = DeliveryId::mint(&app.ambient);
    let event = Delivery::to_webhook(delivery, id, Subject::Event(EventType::WebhookTest), told, at);
    if !app.webhooks.enqueue(event).await? {
        return Err(no_webhook());
    }
    app.wake.webhooks.notify_one();
    Ok(delivery)
}
