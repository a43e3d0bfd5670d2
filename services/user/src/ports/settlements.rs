//! Accounts that close, for a while or for good, and the work on their things elsewhere that begins with it.

use std::time::Duration;

use async_trait::async_trait;
use kit::{Act, Failure, Timestamp, UserId};

use crate::domain::{Settlement, User, Worker};

#[async_trait]
pub trait Settlements: Send + Sync {
    /// Closes an account until it is resumed: its sessions and keys are void, its things stand still. What is so already
    /// stays. `None` where there is no such user, or it is going; `last_admin` where no other admin could act.
    async fn suspend(&self, user: UserId, at: Timestamp, act: Act) -> Result<Option<User>, Failure>;

    /// Opens it again; what stands still is started by its owner.
    async fn resume(&self, user: UserId, at: Timestamp, act: Act) -> Result<Option<User>, Failure>;

    /// Closes an account for good: its things go, then itself. Its address stays taken until then. Twice is once.
    /// `false` where there is no such user; `last_admin` where no other admin could act.
    async fn leave(&self, user: UserId, at: Timestamp, act: Act) -> Result<bool, Failure>;

    /// Work that is not done, a piece at a time: by user, after the one given.
    async fn open_work(&self, after: Option<UserId>, limit: u32) -> Result<Vec<Settlement>, Failure>;

    /// Takes the work on one account for so long, by the database's clock; the work as it is now. `None` where it is done,
    /// was lifted meanwhile, or somebody else has taken it.
    async fn claim(&self, user: UserId, worker: Worker, life: Duration) -> Result<Option<Settlement>, Failure>;

    /// Gives the work on an account back, for whoever looks next.
    async fn release(&self, user: UserId, worker: Worker) -> Result<(), Failure>;

    /// Everything stands still: this piece of work is done. Another suspension's, and a departure's, stays.
    async fn stopped(&self, work: Settlement) -> Result<(), Failure>;

    /// Everything is gone: removes what is left of the person, and tells them. Only of an account that is going;
    /// `false` for any other.
    async fn erase(&self, work: Settlement) -> Result<bool, Failure>;
}
