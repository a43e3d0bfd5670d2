//! Sessions and their refresh tokens.

use async_trait::async_trait;
use kit::{Act, Failure, SessionId, Timestamp, UserId};

use crate::domain::{Credentials, NewSession, NewToken, Reason, Rotation, Session, User};

#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Opens a session and remembers its place; the user as it is then. The oldest beyond `MOST_SESSIONS` close for it. Who is verified and logged in before, and
    /// never from there, is told. `None` where the account is going or gone, or its password changed meanwhile; `account_suspended`.
    async fn open(&self, login: Credentials, new: NewSession, act: Act) -> Result<Option<User>, Failure>;

    /// Records that somebody gave a wrong password for this account: at most one act a minute for the network of the act's
    /// address, which tells as `attempts` how many came since the last.
    async fn refused(&self, user: UserId, act: Act) -> Result<(), Failure>;

    /// Exchanges a refresh token for the next. A token that was exchanged before closes its session, which is the act.
    async fn rotate(&self, presented: [u8; 32], next: NewToken, at: Timestamp, act: Act) -> Result<Rotation, Failure>;

    /// Closes a session of this user. `false` where there is none: closed, or another's.
    async fn close(
        &self,
        user: UserId,
        session: SessionId,
        reason: Reason,
        at: Timestamp,
        act: Act,
    ) -> Result<bool, Failure>;

    /// The user's open sessions, newest first, at most `MOST_SESSIONS`.
    async fn list(&self, user: UserId, at: Timestamp) -> Result<Vec<Session>, Failure>;

    /// The user, while this session of theirs is open.
    async fn bearer(&self, user: UserId, session: SessionId, at: Timestamp) -> Result<Option<User>, Failure>;
}
