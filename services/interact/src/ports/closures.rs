//! Which sessions end, as it happens.

use async_trait::async_trait;
use futures::stream::BoxStream;
use kit::{Failure, SessionId, Timestamp, UserId};

/// A session that was closed; all that the user had then where none is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    pub user: UserId,
    pub session: Option<SessionId>,
    /// Tokens issued at or before this are void.
    pub at: Timestamp,
}

#[async_trait]
pub trait Closures: Send + Sync {
    /// What was closed lately, then what is closed from now on; repeats are normal.
    async fn listen(&self) -> Result<BoxStream<'static, Result<Closed, Failure>>, Failure>;
}
