//! A cache on Redis, shared by all replicas of a service. While Redis is away it is empty.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{Cache, Redis};

/// Values are gone when their time is over, by the server's clock.
pub struct RedisCache(Redis);

impl RedisCache {
    /// A cache must be faster than what it spares: where this is over, the caller does without.
    pub const DEADLINE: Duration = Duration::from_millis(50);

    pub const fn new(redis: Redis) -> Self {
        Self(redis)
    }

    fn key(&self, key: &str) -> String {
        self.0.plain_key("cache", key)
    }
}

#[async_trait]
impl Cache for RedisCache {
    async fn get(&self, key: &str) -> Option<Bytes> {
        self.0.ask("get", redis::cmd("GET").arg(self.key(key))).await.ok().flatten()
    }

    async fn set(&self, key: &str, value: Bytes, life: Duration) {
        let millis = u64::try_from(life.as_millis()).unwrap_or(u64::MAX).min(LONGEST);
        if millis == 0 {
            return self.remove(key).await;
        }
        let mut command = redis::cmd("SET");
        command.arg(self.key(key)).arg(value.as_ref()).arg("PX").arg(millis);
        // Counted where it failed; the next reader asks whoever owns the value.
        let _ = self.0.ask::<()>("set", &command).await;
    }

    async fn remove(&self, key: &str) {
        let _ = self.0.ask::<i64>("remove", redis::cmd("UNLINK").arg(self.key(key))).await;
    }
}

/// What Redis takes for a life, in milliseconds: added to the time it must stay a whole number of 64 bits.
const LONGEST: u64 = 1 << 52;
