//! Reads events from the bus: requests for messages, users, allocations. An event that cannot be read is put aside, so
//! that it never holds up the others.

mod allocations;
mod requests;
mod users;

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Consumer, DeadLetter, Event, Record, Topic};
use kit::{Ambient, Failure};
use prost::Message;

use crate::domain::Channel;
use crate::ports::{Batch, Effect, Inbox};
use crate::use_cases::Wake;
use crate::use_cases::accept::accept;

const NAME: &str = "notification";
/// The topics that messages come of.
pub const TOPICS: [Topic; 3] = [Topic::Notification, Topic::User, Topic::Allocation];

/// Turns events into deliveries, and users' events into a copy of how they are reached.
pub struct Intake {
    pub inbox: Arc<dyn Inbox>,
    pub ambient: Ambient,
    /// Over which people are told what happened.
    pub channels: Vec<Channel>,
    pub wake: Wake,
}

#[async_trait]
impl Consumer for Intake {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn position(&self, topic: Topic) -> Result<u64, Failure> {
        self.inbox.position(NAME, topic).await
    }

    async fn apply(&self, topic: Topic, records: Vec<Record>) -> Result<Vec<DeadLetter>, Failure> {
        let Some(up_to) = records.last().map(|record| record.position) else { return Ok(Vec::new()) };
        let (at, channels) = (self.ambient.now(), self.channels.clone());
        let mut batch = Batch { topic, up_to, at, channels, effects: Vec::new(), unreadable: Vec::new() };
        for record in records {
            match self.effects(topic, &record.event) {
                Ok(effects) => batch.effects.extend(effects),
                Err(failure) => batch.unreadable.push(DeadLetter { record, reason: failure.to_string() }),
            }
        }
        let letters = batch.unreadable.clone();
        if accept(self.inbox.as_ref(), NAME, batch).await? > 0 {
            self.wake.all();
        }
        Ok(letters)
    }
}

impl Intake {
    /// What an event comes to; nothing for a kind that is not known here.
    fn effects(&self, topic: Topic, event: &Event) -> Result<Vec<Effect>, Failure> {
        match topic {
            Topic::Notification => requests::effects(event, &self.ambient, &self.channels),
            Topic::User => users::effects(event),
            Topic::Allocation => allocations::effects(event),
            Topic::Machine | Topic::Node | Topic::Audit(_) => Ok(Vec::new()),
        }
    }
}

fn decode<M: Message + Default>(event: &Event) -> Result<M, Failure> {
    M::decode(event.data.as_slice()).map_err(|error| Failure::internal(format!("an event cannot be read: {error}")))
}
