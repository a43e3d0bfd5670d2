//! A cache in this process's memory: what one process on its own needs.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;

use crate::Cache;

/// Bounded in entries.
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
