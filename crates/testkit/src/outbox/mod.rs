//! What every outbox must do, whatever database it is in: `rows` and `leases` are suites for `testkit::contract`.
//! They are here and not in `bus`, because `bus` stands below this crate. A backend runs them from a test of its own:
//!
//! ```ignore
//! passes(outbox::rows(), || async { World::new(outbox, append, guard) }).await;
//! ```

mod leases;
mod memory;
mod rows;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::collections::BTreeSet;
use std::sync::Arc;

use bus::{Event, Outbox, RelayId, Shard, Topic, Unsent, shard_of};
use futures::future::BoxFuture;
use kit::{Ambient, ServiceName};

pub use leases::leases;
pub use memory::{Fault, MemoryOutbox};
pub use rows::rows;

/// How a backend's tests commit an event, as a service does with a change.
pub type Append = Box<dyn Fn(Event) -> BoxFuture<'static, ()> + Send + Sync>;

/// An empty outbox, with a way to fill it.
pub struct World {
    pub outbox: Arc<dyn Outbox>,
    append: Append,
    ambient: Ambient,
    /// What has to live as long as the outbox, such as a directory.
    _guard: Box<dyn Any + Send + Sync>,
}

impl World {
    pub fn new(outbox: Arc<dyn Outbox>, append: Append, guard: impl Any + Send + Sync) -> Self {
        Self { outbox, append, ambient: Ambient::system(), _guard: Box::new(guard) }
    }

    fn relay(&self) -> RelayId {
        RelayId::mint(&self.ambient)
    }

    /// An event of user's about somebody or something.
    fn event(&self, subject: &str, revision: u64) -> Event {
        let text = format!("{subject} at {revision}");
        Event::new(&self.ambient, Topic::User, ServiceName::User, "user.updated", subject, revision, &text)
    }

    /// Commits an event; returns it.
    async fn announce(&self, subject: &str, revision: u64) -> Event {
        let event = self.event(subject, revision);
        (self.append)(event.clone()).await;
        event
    }

    /// A subject in a shard.
    fn subject_in(&self, shard: Shard) -> String {
        let draw = || self.ambient.uuid().to_string();
        std::iter::repeat_with(draw).find(|subject| shard_of(subject) == shard).unwrap_or_default()
    }

    async fn unsent(&self) -> Vec<Unsent> {
        self.outbox.unsent(&all(), 1_000).await.unwrap()
    }
}

fn all() -> Vec<Shard> {
    Shard::all().collect()
}

fn shards(numbers: impl IntoIterator<Item = u8>) -> Vec<Shard> {
    numbers.into_iter().filter_map(Shard::new).collect()
}

fn set(shards: Vec<Shard>) -> BTreeSet<Shard> {
    shards.into_iter().collect()
}
