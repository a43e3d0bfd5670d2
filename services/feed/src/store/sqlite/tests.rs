//! SQLite keeps the contract, and stores that break one rule each fail the cases that are about it.

use std::sync::Arc;

use async_trait::async_trait;
use kit::{Failure, MachineId, Timestamp, UserId};
use sqlite::Database;
use testkit::{TestClock, contract};

use super::{MIGRATIONS, SqliteLikes};
use crate::contract::likes::{World, likes};
use crate::domain::{Stance, Standing};
use crate::ports::LikeStore;

async fn world(wrap: impl FnOnce(SqliteLikes) -> Arc<dyn LikeStore>) -> World {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::open(&directory.path().join("f.db"), &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
    let store = wrap(SqliteLikes::new(database));
    World { store, ambient: TestClock::default().ambient(), keep: Box::new(directory) }
}

#[tokio::test]
async fn sqlite_keeps_the_contract() {
    contract::passes(likes(), || world(|store| Arc::new(store))).await;
}

/// Counts in a transaction of its own after the row's, from a look before it: the classic lost update.
struct CountsLate(SqliteLikes);

#[async_trait]
impl LikeStore for CountsLate {
    async fn standing(&self, asker: Option<UserId>, machine: MachineId) -> Result<Standing, Failure> {
        self.0.standing(asker, machine).await
    }

    async fn set(
        &self,
        user: UserId,
        machine: MachineId,
        stance: Option<Stance>,
        at: Timestamp,
    ) -> Result<Standing, Failure> {
        let before = self.0.standing(Some(user), machine).await?;
        let moves = Stance::moves(before.mine, stance);
        let total = (before.likes as i64 + moves.0, before.dislikes as i64 + moves.1);
        tokio::task::yield_now().await;
        let work = self.0.0.write(move |c| {
            Box::pin(async move {
                super::put(c, user, machine, stance, at).await?;
                super::count(c, machine, (0, 0)).await?;
                sqlx::query("UPDATE like_counts SET likes = ?, dislikes = ? WHERE machine_id = ?")
                    .bind(total.0)
                    .bind(total.1)
                    .bind(machine.as_bytes())
                    .execute(&mut *c)
                    .await
                    .map_err(Failure::internal)?;
                super::read(c, Some(user), machine).await
            })
        });
        work.await
    }
}

/// Takes every change for a first one.
struct ForgetsBefore(SqliteLikes);

#[async_trait]
impl LikeStore for ForgetsBefore {
    async fn standing(&self, asker: Option<UserId>, machine: MachineId) -> Result<Standing, Failure> {
        self.0.standing(asker, machine).await
    }

    async fn set(
        &self,
        user: UserId,
        machine: MachineId,
        stance: Option<Stance>,
        at: Timestamp,
    ) -> Result<Standing, Failure> {
        let work = self.0.0.write(move |c| {
            Box::pin(async move {
                super::put(c, user, machine, stance, at).await?;
                super::count(c, machine, Stance::moves(None, stance)).await?;
                super::read(c, Some(user), machine).await
            })
        });
        work.await
    }
}

#[tokio::test]
async fn a_wrong_store_fails_the_cases_that_are_about_its_fault() {
    let parallel = "a_hundred_parallel_changes_are_counted_exactly";
    let late = || world(|store| Arc::new(CountsLate(store)));
    contract::fails(likes(), late, &[parallel, "a_hundred_users_at_once_are_a_hundred_likes"]).await;
    let forgets = || world(|store| Arc::new(ForgetsBefore(store)));
    let cases = [parallel, "a_change_of_mind_moves_both_counts", "the_same_twice_counts_once"];
    contract::fails(likes(), forgets, &cases).await;
}
