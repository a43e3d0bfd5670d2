//! Where comments are kept.

use async_trait::async_trait;
use kit::{Act, CommentId, Failure, MachineId, Page, PageRequest, UserId};

use crate::domain::{Comment, Draft, Pace};

/// Comments lie together by machine, in the order of their ids. Their authors are shown as they are known when asked.
/// An act commits with its change, and is dropped where nothing changes.
#[async_trait]
pub trait CommentStore: Send + Sync {
    /// Newest first. `InvalidInput` on `cursor` for one that no list of comments gave.
    async fn list(&self, machine: MachineId, page: &PageRequest) -> Result<Page<Comment>, Failure>;

    /// `None` also for a comment about another machine.
    async fn find(&self, machine: MachineId, id: CommentId) -> Result<Option<Comment>, Failure>;

    /// `RateLimited` where it comes faster than `pace`, which counts removed ones too; `SessionClosed` for an author who
    /// is deleted.
    async fn create(&self, author: UserId, draft: &Draft, pace: Pace, act: &Act) -> Result<Comment, Failure>;

    /// The same text again changes nothing. `None` where this author has no such comment about this machine;
    /// `SessionClosed` for an author who is deleted.
    async fn edit(&self, author: UserId, draft: &Draft, act: &Act) -> Result<Option<Comment>, Failure>;

    /// Whether this author had such a comment about this machine.
    async fn delete(&self, author: UserId, machine: MachineId, id: CommentId, act: &Act) -> Result<bool, Failure>;

    /// What one user wrote, newest first, at most `limit`.
    async fn of_user(&self, author: UserId, limit: u32) -> Result<Vec<Comment>, Failure>;
}
