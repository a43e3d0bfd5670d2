//! What is known of people, built from other services' events and from nothing else.

use async_trait::async_trait;
use bus::Topic;
use bus::consume::DeadLetter;
use kit::Failure;

use crate::domain::Effect;

/// What one batch of events comes to.
#[derive(Clone, Debug)]
pub struct Intake {
    pub topic: Topic,
    pub effects: Vec<Effect>,
    /// Events that could not be read.
    pub letters: Vec<DeadLetter>,
    /// The last event's position.
    pub position: u64,
}

#[async_trait]
pub trait PeopleStore: Send + Sync {
    /// How far a consumer has come in a topic; 0 before its first event.
    async fn position(&self, consumer: &'static str, topic: Topic) -> Result<u64, Failure>;

    /// Effects and dead letters, and the position not before them: what was cut short is told again and comes to the same.
    /// A person of a revision that is not above what is there is passed over. Who is gone loses likes, with their counts,
    /// and badges, also those that are told of later.
    async fn take(&self, consumer: &'static str, intake: Intake) -> Result<(), Failure>;
}
