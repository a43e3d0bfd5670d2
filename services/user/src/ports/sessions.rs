//! Sessions and their refresh tokens.

use async_trait::async_trait;
use kit::{Failure, SessionId, Timestamp, UserId};

use crate::domain::{Credentials, NewSession, NewToken, Reason, Rotation, Session, User};

#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Opens a session; the user as it is then. `None` where the account went or its password changed meanwhile.
    async fn open(&self, login: Credentials, new: NewSession) -> Result<Option<User>, Failure>;

    /// Exchanges a refresh token for the next. A token that was exchanged before closes its session.
    async fn rotate(&self, presented: [u8; 32], next: NewToken, at: Timestamp) -> Result<Rotation, Failure>;

    /// Closes a session of this user. `false` where there is none: closed, or another's.
    async fn close(&self, user: UserId, session: SessionId, reason: Reason, at: Timestamp) -> Result<bool, Failure>;

    /// The user's open sessions, newest first.
    async fn list(&self, user: UserId, at: Timestamp) -> Result<Vec<Session>, Failure>;

    /// The user, while this session of theirs is open.
    async fn bearer(&self, user: UserId, session: SessionId, at: Timestamp) -> Result<Option<User>, Failure>;
}
