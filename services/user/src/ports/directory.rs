//! Accounts and sessions across users: for admins, for other services and for tasks.

use async_trait::async_trait;
use kit::{Act, Failure, Page, PageRequest, Timestamp, UserId};

use crate::domain::{Closure, Listing, User};

/// What has had its time.
#[derive(Clone, Copy, Debug)]
pub struct Expiry {
    pub now: Timestamp,
    /// Unverified accounts that are older go.
    pub unverified_before: Timestamp,
    /// Closures that are older matter to nobody.
    pub closures_before: Timestamp,
}

/// What a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub accounts: u64,
    /// Sessions, tokens, codes, throttles, counts of wrong passwords and closures.
    pub rows: u64,
}

#[async_trait]
pub trait Directory: Send + Sync {
    async fn find_any(&self, user: UserId) -> Result<Option<User>, Failure>;

    /// Accounts that fit, those that are going included.
    async fn list(&self, listing: &Listing, page: &PageRequest) -> Result<Page<User>, Failure>;

    /// Makes or unmakes an admin and announces it; what is so already stays. `None` where there is no such user, or it is
    /// going; `last_admin` where no other admin could act: verified, and neither suspended nor going.
    async fn set_admin(&self, user: UserId, admin: bool, at: Timestamp, act: Act) -> Result<Option<User>, Failure>;

    /// What was closed after a cursor, oldest first; with cursor 0, what was closed after `since`.
    async fn closed_since(&self, cursor: u64, since: Timestamp, limit: u32) -> Result<Vec<Closure>, Failure>;

    /// Removes a bounded number of things that have had their time; call again while something was removed.
    async fn sweep(&self, expiry: Expiry) -> Result<Swept, Failure>;
}
