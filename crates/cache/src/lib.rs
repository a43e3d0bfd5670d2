//! Short-lived copies of what another part owns. A cache may forget at any moment and never fails its caller:
//! a backend that is away behaves as an empty one.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;

/// Values by key, each for a time.
#[async_trait]
pub trait Cache: Send + Sync {
    async fn get(&self, key: &str) -> Option<Bytes>;
    async fn set(&self, key: &str, value: Bytes, life: Duration);
    async fn remove(&self, key: &str);
}

/// A cache in this process's memory, bounded in entries.
pub struct MokaCache(moka::future::Cache<String, (Bytes, Duration)>);

struct OwnLife;

impl moka::Expiry<String, (Bytes, Duration)> for OwnLife {
    fn expire_after_create(&self, _: &String, value: &(Bytes, Duration), _: Instant) -> Option<Duration> {
        Some(value.1)
    }

    fn expire_after_update(
        &self,
        _: &String,
        value: &(Bytes, Duration),
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(value.1)
    }
}

impl MokaCache {
    pub fn new(entries: u64) -> Self {
        Self(moka::future::Cache::builder().max_capacity(entries).expire_after(OwnLife).build())
    }
}

#[async_trait]
impl Cache for MokaCache {
    async fn get(&self, key: &str) -> Option<Bytes> {
        self.0.get(key).await.map(|(value, _)| value)
    }

    async fn set(&self, key: &str, value: Bytes, life: Duration) {
        self.0.insert(key.to_owned(), (value, life)).await;
    }

    async fn remove(&self, key: &str) {
        self.0.invalidate(key).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_value_lives_as_long_as_it_was_given() {
        let cache = MokaCache::new(10);
        cache.set("long", Bytes::from_static(b"1"), Duration::from_secs(60)).await;
        cache.set("none", Bytes::from_static(b"2"), Duration::ZERO).await;
        assert_eq!(cache.get("long").await.as_deref(), Some(b"1".as_slice()));
        assert_eq!(cache.get("none").await, None);
        cache.remove("long").await;
        assert_eq!(cache.get("long").await, None);
    }
}
