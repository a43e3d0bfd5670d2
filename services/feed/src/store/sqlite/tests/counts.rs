//! Stores that count many machines wrongly.

use std::sync::Arc;

use async_trait::async_trait;
use kit::{Act, CommentId, Failure, MachineId, Page, PageRequest, UserId};
use testkit::contract;

use super::super::SqliteFeed;
use super::world;
use crate::contract::counts::counts;
use crate::domain::{Comment, Counts, Draft, Pace};
use crate::ports::{CommentStore, CountStore};

/// Leaves away the machines that nobody spoke of.
struct Sparse(Arc<SqliteFeed>);

#[async_trait]
impl CountStore for Sparse {
    async fn counts(&self, machines: &[MachineId]) -> Result<Vec<Counts>, Failure> {
        let counts = self.0.counts(machines).await?;
        Ok(counts.into_iter().filter(|counts| *counts != Counts::none(counts.machine)).collect())
    }
}

/// Counts a removal whether or not there was something to remove.
struct CountsAll(Arc<SqliteFeed>);

#[async_trait]
impl CommentStore for CountsAll {
    async fn list(&self, machine: MachineId, page: &PageRequest) -> Result<Page<Comment>, Failure> {
        self.0.list(machine, page).await
    }

    async fn find(&self, machine: MachineId, id: CommentId) -> Result<Option<Comment>, Failure> {
        self.0.find(machine, id).await
    }

    async fn create(&self, author: UserId, draft: &Draft, pace: Pace, act: &Act) -> Result<Comment, Failure> {
        self.0.create(author, draft, pace, act).await
    }

    async fn edit(&self, author: UserId, draft: &Draft, act: &Act) -> Result<Option<Comment>, Failure> {
        self.0.edit(author, draft, act).await
    }

    async fn delete(&self, author: UserId, machine: MachineId, id: CommentId, act: &Act) -> Result<bool, Failure> {
        let removed = self.0.delete(author, machine, id, act).await?;
        if !removed {
            let work = self.0.database.write(move |c| Box::pin(super::super::comments::count(c, machine, -1)));
            work.await?;
        }
        Ok(removed)
    }

    async fn of_user(&self, author: UserId, limit: u32) -> Result<Vec<Comment>, Failure> {
        self.0.of_user(author, limit).await
    }
}

#[tokio::test]
async fn wrong_counts_fail_the_cases_that_are_about_their_fault() {
    let sparse = || world(|world, store| world.counts = Arc::new(Sparse(store)));
    let zeroes = ["a_machine_that_nobody_spoke_of_has_zeroes", "as_many_as_may_be_asked_at_once_are_answered"];
    let order = "each_machine_is_answered_in_the_order_of_the_question";
    contract::fails(counts(), sparse, &[zeroes[0], zeroes[1], order]).await;
    let counts_all = || world(|world, store| world.comments = Arc::new(CountsAll(store)));
    contract::fails(counts(), counts_all, &["of_ten_removals_at_once_one_counts"]).await;
}
