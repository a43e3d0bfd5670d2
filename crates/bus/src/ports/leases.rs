//! Who works on which part of an outbox: a right that runs out by itself, on the clock of the database that keeps it, so
//! that relays need not agree on the time.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use kit::{Ambient, Failure};
use uuid::Uuid;

use crate::shard::Shard;

/// One run of one relay; a restart is another relay.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelayId(Uuid);

impl RelayId {
    pub fn mint(ambient: &Ambient) -> Self {
        Self(ambient.uuid())
    }

    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// `None` where that is not 16 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok().map(Self)
    }

    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for RelayId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl fmt::Display for RelayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for RelayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who is there and who holds what, at one moment of the database's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roll {
    /// How many relays live, the one that asks included.
    pub relays: usize,
    /// Whose lease has not run out.
    pub holders: BTreeMap<Shard, RelayId>,
}

/// A shard has one holder at most. Which shards a relay should want is not decided here.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Says that a relay lives, until `length` from now; gives the roll as it is then.
    async fn attend(&self, relay: RelayId, length: Duration) -> Result<Roll, Failure>;

    /// Takes those of `shards` that are free and renews those that the relay holds, until `length` from now (whole seconds).
    /// Returns those of `shards` that are the relay's now; one whose lease it lost to another is not among them.
    async fn take(&self, relay: RelayId, shards: &[Shard], length: Duration) -> Result<Vec<Shard>, Failure>;

    /// Frees those of `shards` that the relay holds. Others' stay as they are, and it is no failure to name them.
    async fn give_back(&self, relay: RelayId, shards: &[Shard]) -> Result<(), Failure>;

    /// Frees all that the relay holds and strikes it off the roll.
    async fn leave(&self, relay: RelayId) -> Result<(), Failure>;
}
