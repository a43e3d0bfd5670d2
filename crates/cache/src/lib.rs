//! What is kept for a short time. Copies of what another part owns, behind one port: in this process's memory, or on a Redis
//! that replicas share. A cache may forget at any moment and never fails its caller: a backend that is away behaves as an
//! empty one. Counts that replicas share reach the same Redis through [`Redis`], whose failures their callers see.

#[cfg(test)]
mod contract;
pub mod look;
mod memory;
mod redis;
mod shared;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

pub use memory::MokaCache;
pub use redis::{Key, Redis, Script};
pub use shared::RedisCache;

/// Values by key, each for a time. Nobody may rest on a value being gone: one that was removed while the backend was away
/// can come back for what is left of its life.
#[async_trait]
pub trait Cache: Send + Sync {
    async fn get(&self, key: &str) -> Option<Bytes>;
    /// Takes the place of what was there, its life included; with no life nothing is there.
    async fn set(&self, key: &str, value: Bytes, life: Duration);
    async fn remove(&self, key: &str);
}
