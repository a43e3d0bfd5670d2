//! A database that is away when an outcome is to be recorded, as often as a test wants.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use berth_notification::domain::{Delivery, DeliveryId};
use berth_notification::ports::{Deliveries, Ended, Lane};
use berth_notification::store::SqlStore;
use kit::{ErrorCode, Failure, Timestamp};

#[derive(Clone)]
pub struct Forgetful {
    inner: Arc<SqlStore>,
    /// How often from now on nothing is recorded.
    pub times: Arc<AtomicU32>,
}

impl Forgetful {
    pub fn new(inner: Arc<SqlStore>) -> Self {
        Self { inner, times: Arc::default() }
    }
}

#[async_trait]
impl Deliveries for Forgetful {
    async fn claim(
        &self,
        lane: Lane,
        at: Timestamp,
        hold_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, Failure> {
        self.inner.claim(lane, at, hold_until, limit).await
    }

    async fn renew(&self, delivery: &Delivery, at: Timestamp, hold_until: Timestamp) -> Result<bool, Failure> {
        self.inner.renew(delivery, at, hold_until).await
    }

    async fn record(&self, delivery: &Delivery, ended: Ended, at: Timestamp) -> Result<(), Failure> {
        let away = self.times.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |times| times.checked_sub(1));
        if away.is_ok() {
            return Err(Failure::of(ErrorCode::StoreUnavailable));
        }
        self.inner.record(delivery, ended, at).await
    }

    async fn next_due(&self, lane: Lane) -> Result<Option<Timestamp>, Failure> {
        self.inner.next_due(lane).await
    }

    async fn forget(&self, before: Timestamp) -> Result<u64, Failure> {
        self.inner.forget(before).await
    }

    async fn holds(&self, id: DeliveryId) -> Result<Option<(bool, bool)>, Failure> {
        self.inner.holds(id).await
    }
}
