//! What counts how often somebody asks: in this process, or where all replicas see it.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;
use kit::{Failure, UserId};

use super::LimitsConfig;

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Requests of any kind from one network.
    Address,
    /// Requests of any kind by one user.
    Caller,
    /// Attempts with a password, code or token from one network.
    Credentials,
}

impl Limit {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Caller => "caller",
            Self::Credentials => "credentials",
        }
    }

    /// How many a minute, and as many at once.
    pub const fn per_minute(self, config: &LimitsConfig) -> NonZeroU32 {
        match self {
            Self::Address => config.address_per_minute,
            Self::Caller => config.caller_per_minute,
            Self::Credentials => config.credentials_per_minute,
        }
    }
}

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    Network(IpAddr),
    User(UserId),
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) => network.fmt(f),
            Self::User(user) => user.fmt(f),
        }
    }
}

/// What came of asking for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Passes,
    /// Nothing is left; one will be after this time.
    Waits(Duration),
}

/// Hands out what somebody has left. Each limit is a bucket (GCRA): as much as a minute's at once, refilled evenly.
#[async_trait]
pub trait Counter: Send + Sync {
    /// Takes one, if one is left; a refusal takes nothing. Of many at once exactly as many pass as were left.
    async fn take(&self, limit: Limit, who: Who) -> Result<Verdict, Failure>;
}

/// A counter that all replicas share. Without it, `store_unavailable`.
#[async_trait]
pub trait SharedCounter: Counter {
    /// Takes what somebody was let have already, also where less was left: the debt is paid back before anything passes
    /// again, up to a minute's worth. Says whether one more would pass now.
    async fn charge(&self, limit: Limit, who: Who, count: NonZeroU32) -> Result<Verdict, Failure>;
}
