//! Sessions: one login, from its first tokens to its closing, and why it closed.

use kit::{SessionId, Timestamp, UserId};

use super::User;

/// The most sessions that one user has open: one more login closes the oldest.
pub const MOST_SESSIONS: u32 = 100;

/// An open session as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub created_at: Timestamp,
    /// When its refresh token was last used.
    pub last_used_at: Timestamp,
    /// Where the login came from.
    pub address: String,
    /// What the client called itself.
    pub agent: String,
}

/// A refresh token as it is kept: hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewToken {
    pub hash: [u8; 32],
    pub expires_at: Timestamp,
}

/// A login that is about to become a session.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub id: SessionId,
    pub address: String,
    pub agent: String,
    /// Tells this place from others that the user logged in from.
    pub place: [u8; 32],
    pub token: NewToken,
    pub at: Timestamp,
}

/// What came of exchanging a refresh token for the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The session goes on with the new token.
    Renewed(Box<User>, SessionId),
    /// The token was exchanged before: somebody has a copy. The session is closed now.
    Reused(UserId, SessionId),
    /// Nobody's, run out, or of a session that is closed.
    Unknown,
}

/// Why sessions closed, as it travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Logout,
    RefreshTokenReused,
    PasswordChanged,
    Suspended,
    Deleted,
    Revoked,
}

impl Reason {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::PasswordChanged => "password_changed",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
            Self::Revoked => "revoked",
        }
    }
}

/// One closing, at its place in the order of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    pub cursor: u64,
    /// `None` where all of the user's sessions closed.
    pub session: Option<SessionId>,
    pub user: UserId,
    pub at: Timestamp,
    pub reason: String,
}

/// What an access token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    pub user: UserId,
    pub session: SessionId,
    /// The user's revision: the least that a reader must know.
    pub revision: u64,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}
