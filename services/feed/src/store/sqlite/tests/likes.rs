//! Stores that count likes wrongly.

use std::sync::Arc;

use async_trait::async_trait;
use kit::{Failure, MachineId, Timestamp, UserId};
use testkit::contract;

use super::super::SqliteFeed;
use super::super::likes::{count, put, read};
use super::world;
use crate::contract::likes::likes;
use crate::domain::{Opinion, Stance, Standing};
use crate::ports::LikeStore;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    /// Writes counts that it reckoned before its transaction: the classic lost update.
    Lost,
    /// Takes the stance before from a look before its transaction.
    Stale,
    /// Takes every change for a first one.
    Before,
    /// Tells of everybody's opinions.
    Owner,
}

struct Broken(Arc<SqliteFeed>, Breaks);

#[async_trait]
impl LikeStore for Broken {
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
        let before = match self.1 {
            Breaks::Owner => return self.0.set(user, machine, stance, at).await,
            Breaks::Before => Standing::default(),
            Breaks::Lost | Breaks::Stale => self.0.standing(Some(user), machine).await?,
        };
        let lost = self.1 == Breaks::Lost;
        let moves = Stance::moves(before.mine, stance);
        tokio::task::yield_now().await;
        let work = self.0.database.write(move |c| {
            Box::pin(async move {
                put(c, user, machine, stance, at).await?;
                if lost {
                    let now = read(&mut *c, None, machine).await?;
                    let back = |then: u64, now: u64| then as i64 - now as i64;
                    let moved = (back(before.likes, now.likes), back(before.dislikes, now.dislikes));
                    count(&mut *c, machine, moved).await?;
                }
                count(c, machine, moves).await?;
                read(c, Some(user), machine).await
            })
        });
        work.await
    }

    async fn of_user(&self, user: UserId, limit: u32) -> Result<Vec<Opinion>, Failure> {
        if self.1 != Breaks::Owner {
            return self.0.of_user(user, limit).await;
        }
        let everybody: Vec<Vec<u8>> = sql::query_scalar("SELECT DISTINCT user_id FROM likes")
            .fetch_all(self.0.database.readers())
            .await
            .map_err(Failure::internal)?;
        let mut all = Vec::new();
        for somebody in everybody.iter().filter_map(|bytes| UserId::from_bytes(bytes)) {
            all.extend(self.0.of_user(somebody, limit).await?);
        }
        Ok(all)
    }
}

#[tokio::test]
async fn a_wrong_store_of_likes_fails_the_cases_that_are_about_its_fault() {
    let breaking = async |breaks, cases: &[&str]| {
        let fresh = || world(move |world, store| world.likes = Arc::new(Broken(store, breaks)));
        contract::fails(likes(), fresh, cases).await;
    };
    let parallel = "a_hundred_parallel_changes_are_counted_exactly";
    let flipping = "one_user_flipping_a_hundred_times_at_once_has_one_stance";
    breaking(Breaks::Lost, &[parallel, "a_hundred_users_at_once_are_a_hundred_likes"]).await;
    let fifty = "one_user_liking_fifty_times_at_once_likes_once";
    breaking(Breaks::Stale, &[parallel, flipping, fifty]).await;
    let forgets = [parallel, flipping, fifty, "a_change_of_mind_moves_both_counts", "the_same_twice_counts_once"];
    breaking(Breaks::Before, &forgets).await;
    breaking(Breaks::Owner, &["all_that_one_user_thinks_is_told_and_nothing_else"]).await;
}
