//! Where events come in from the bus: what they come to and the position together, so that a crash between them cannot
//! lose or double a message.

use async_trait::async_trait;
use bus::{DeadLetter, Topic};
use kit::{Failure, Timestamp, UserId};

use crate::domain::{AllocationNews, Channel, Contact, Delivery, Occurrence};

/// What an event comes to.
#[derive(Clone, Debug)]
pub enum Effect {
    /// A message that was asked for.
    Deliver(Box<Delivery>),
    /// A user as they are now, and what is told of the change: where that is something, also that the address is proven
    /// where it was not. Nothing where a newer revision was seen.
    User { contact: Box<Contact>, news: Option<Box<Occurrence>> },
    /// A user is gone, with all that is kept of them but a farewell that still waits.
    Gone { user: UserId, revision: u64 },
    /// An allocation as it is now. Nothing where a newer revision was seen.
    Allocation(Box<AllocationNews>),
}

/// What one batch of events comes to.
#[derive(Clone, Debug)]
pub struct Batch {
    pub topic: Topic,
    /// The position of the batch's last event.
    pub up_to: u64,
    /// When it was taken.
    pub at: Timestamp,
    /// Over which people are told what happened.
    pub channels: Vec<Channel>,
    pub effects: Vec<Effect>,
    pub unreadable: Vec<DeadLetter>,
}

#[async_trait]
pub trait Inbox: Send + Sync {
    /// How far a consumer has come in a topic; 0 before its first event.
    async fn position(&self, consumer: &str, topic: Topic) -> Result<u64, Failure>;
    /// Effects, dead letters and position in one transaction. An occurrence becomes a delivery over each of
    /// the batch's channels, resolved when it is sent, and one to each active webhook that wants it; what happened a day ago becomes none.
    /// To who is gone nothing is delivered but a farewell. A delivery whose cause, user, channel and webhook are there already changes nothing. Returns how many are new.
    async fn take(&self, consumer: &'static str, batch: Batch) -> Result<u64, Failure>;
}
