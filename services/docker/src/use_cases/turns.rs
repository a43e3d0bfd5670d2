//! One at a time for each key: commands on an allocation.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

type Lock = tokio::sync::Mutex<()>;

/// Held while the work goes on.
pub type Turn = OwnedMutexGuard<()>;

/// Locks by any kind of id: ids are unique across kinds.
#[derive(Default)]
pub struct Turns<K>(Mutex<HashMap<K, Weak<Lock>>>);

impl<K: Copy + Eq + std::hash::Hash> Turns<K> {
    pub async fn take(&self, key: K) -> Turn {
        let lock = self.lock(key);
        lock.lock_owned().await
    }

    fn lock(&self, key: K) -> Arc<Lock> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = locks.get(&key).and_then(Weak::upgrade) {
            return lock;
        }
        // Those that nobody holds or waits for are no longer of use.
        locks.retain(|_, lock| lock.strong_count() > 0);
        let lock = Arc::new(Lock::default());
        locks.insert(key, Arc::downgrade(&lock));
        lock
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[tokio::test]
    async fn one_key_is_one_at_a_time_and_others_do_not_wait() {
        let turns = Turns::<u8>::default();
        let first = turns.take(1).await;
        assert!(turns.take(1).now_or_never().is_none());
        assert!(turns.take(2).now_or_never().is_some());
        drop(first);
        assert!(turns.take(1).now_or_never().is_some());
    }

    #[tokio::test]
    async fn locks_that_nobody_needs_are_forgotten() {
        let turns = Turns::<u32>::default();
        for key in 0..100 {
            drop(turns.take(key).await);
        }
        assert!(turns.0.lock().unwrap().len() <= 1);
    }
}
