//! When the database came out of a backup: it may know less than the engine since then.

use kit::{Failure, Timestamp};
use sql::{Readers, Stored as _};

use super::SqlStore;

impl SqlStore {
    /// Notes that what is here was restored now. For whoever restores, before anything runs on it.
    pub async fn mark_restored(&self, at: Timestamp) -> Result<(), Failure> {
        let text = "INSERT INTO restored (at) VALUES (?) ON CONFLICT DO NOTHING";
        let mark = self.write(move |c| {
            Box::pin(async move { sql::query(text).bind(at.as_micros()).execute(c).await.stored().map(drop) })
        });
        mark.await
    }
}

/// The last time; `None` for a database that never was.
pub async fn last(readers: &Readers) -> Result<Option<Timestamp>, Failure> {
    let last = sql::query_scalar::<Option<i64>>("SELECT MAX(at) FROM restored").fetch_one(readers).await.stored()?;
    Ok(last.map(Timestamp::from_micros))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use kit::{AllocationId, Ambient, TenantId};
    use testkit::databases::fresh_both;
    use wire::task::Task as _;

    use crate::fixtures;
    use crate::nudge::Nudge;
    use crate::ports::{AllocationFleet as _, Command, Engine as _};
    use crate::store::sql::SqlStore;
    use crate::store::sql::tests::{SETS, fresh, settings};
    use crate::tasks::{Hands, Reconcile};
    use crate::testing::FakeEngine;

    #[tokio::test]
    async fn the_last_time_is_known() {
        for (database, _kept) in fresh_both(&SETS).await {
            let store = SqlStore::new(database, settings());
            let now = store.settings.ambient.now();
            assert_eq!(store.restored_at().await.unwrap(), None);
            for at in [now, now, now.minus(Duration::from_secs(60))] {
                store.mark_restored(at).await.unwrap();
            }
            assert_eq!(store.restored_at().await.unwrap(), Some(now));
        }
    }

    #[tokio::test]
    async fn what_the_engine_has_beyond_a_backup_stays_for_a_day() {
        let ((store, _directory), engine, ambient) =
            (fresh().await, Arc::new(FakeEngine::default()), Ambient::system());
        let command = Command { allocation: AllocationId::mint(&ambient), tenant: TenantId::mint(&ambient), epoch: 1 };
        let (allocation, _) = fixtures::allocation();
        engine.ensure_volume(command, &allocation.details.volumes[0]).await.unwrap();
        let there = engine.left();
        let hands = Hands { fleet: Arc::new(store.clone()), engine: engine.clone(), ambient: ambient.clone() };
        let reconcile = Reconcile { hands, nudge: Nudge::default() };
        store.mark_restored(ambient.now()).await.unwrap();
        assert_eq!(reconcile.run_once().await.done, 0);
        assert_eq!(engine.left(), there);
        // The same a day later.
        let ((store, _directory), engine_of) = (fresh().await, engine.clone());
        store.mark_restored(ambient.now().minus(Duration::from_secs(24 * 3600))).await.unwrap();
        let hands = Hands { fleet: Arc::new(store), engine: engine_of, ambient };
        assert_eq!(Reconcile { hands, nudge: Nudge::default() }.run_once().await.done, 1);
        assert_eq!(engine.left(), (0, 0, 0, 0));
    }
}
