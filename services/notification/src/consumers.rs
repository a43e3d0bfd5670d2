//! Reads requests for messages from the bus, and wakes the task that sends them.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Consumer, DeadLetter, Event, Record, Topic};
use kit::{Ambient, Failure, Timestamp};
use prost::Message as _;
use proto::convert::id;
use proto::v1::NotificationRequested;
use tokio::sync::Notify;

use crate::domain::{Channel, Delivery, DeliveryId, Kind};
use crate::ports::{Batch, Inbox};
use crate::use_cases::accept::accept;

const NAME: &str = "notification";
/// The one kind of event that this consumer knows; others are passed over.
const REQUESTED: &str = "notification.requested";

/// Turns `notification.requested` into deliveries.
pub struct Requests {
    pub inbox: Arc<dyn Inbox>,
    pub ambient: Ambient,
    /// Wakes the delivery task.
    pub wake: Arc<Notify>,
}

#[async_trait]
impl Consumer for Requests {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn position(&self, topic: Topic) -> Result<u64, Failure> {
        self.inbox.position(NAME, topic).await
    }

    async fn apply(&self, topic: Topic, records: Vec<Record>) -> Result<(), Failure> {
        let Some(up_to) = records.last().map(|record| record.position) else { return Ok(()) };
        let mut batch = Batch { topic, up_to, deliveries: Vec::new(), unreadable: Vec::new() };
        for record in records.into_iter().filter(|record| record.event.kind == REQUESTED) {
            match read(&record.event, &self.ambient) {
                Ok(delivery) => batch.deliveries.push(delivery),
                Err(failure) => batch.unreadable.push(DeadLetter { record, reason: failure.to_string() }),
            }
        }
        if accept(self.inbox.as_ref(), NAME, batch).await? > 0 {
            self.wake.notify_one();
        }
        Ok(())
    }
}

fn read(event: &Event, ambient: &Ambient) -> Result<Delivery, Failure> {
    let request = NotificationRequested::decode(event.data.as_slice()).map_err(Failure::internal)?;
    let unknown =
        |field: &str, text: &str| Failure::invalid(field, format!("`{field}` is `{text}`, which is not known"));
    Ok(Delivery {
        id: DeliveryId::mint(ambient),
        cause: id(&request.id, "id")?,
        user: id(&request.user_id, "user_id")?,
        channel: Channel::parse(&request.channel).ok_or_else(|| unknown("channel", &request.channel))?,
        kind: Kind::parse(&request.kind).ok_or_else(|| unknown("kind", &request.kind))?,
        recipient: request.recipient,
        first_name: request.first_name,
        sealed_code: request.sealed_code,
        attempts: 0,
        created_at: ambient.now(),
        expires_at: Timestamp::from_micros(request.expires_at),
    })
}
