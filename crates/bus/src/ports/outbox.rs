//! Events that committed with their change and were not sent yet.

use async_trait::async_trait;
use kit::{Failure, Timestamp};
use tokio::sync::watch;

use super::Leases;
use crate::event::Event;
use crate::shard::Shard;

/// Names a row to the outbox that gave it; means nothing to anybody else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(pub Vec<u8>);

/// An event that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsent {
    pub key: Key,
    pub event: Event,
}

/// How far the sending is behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lag {
    pub rows: u64,
    /// When the oldest of them happened.
    pub oldest: Option<Timestamp>,
}

/// A producer's outbox as its relays see it. A row is unsent until it was taken away: never "above the last one", because
/// the order of numbers is not the order of commits.
#[async_trait]
pub trait Outbox: Leases {
    /// Up to `limit` rows of these shards. Those of one subject come in the order of their commits and without gaps: none
    /// is given while an older one of its subject is kept back. Where there are rows, some are given.
    async fn unsent(&self, shards: &[Shard], limit: usize) -> Result<Vec<Unsent>, Failure>;

    /// Takes rows away. One that is gone already is no failure.
    async fn sent(&self, keys: &[Key]) -> Result<(), Failure>;

    /// Over all shards.
    async fn lag(&self) -> Result<Lag, Failure>;

    /// Changes when this process may have added rows. Of other processes' rows it need not tell.
    fn changes(&self) -> watch::Receiver<u64>;
}
