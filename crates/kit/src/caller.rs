//! Who is asking: a person with a tenant and a role, or one of our own services.

use std::fmt;
use std::str::FromStr;

use crate::{Access, SessionId, TenantId, UserId};

/// What a caller is in the tenant that the request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Owns the tenant's things and may do everything with them.
    Owner,
}

/// A person whose token was checked, as the verifier knows them now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub user: UserId,
    pub tenant: TenantId,
    pub role: Role,
    pub access: Access,
    /// The login; for an API key the key's own id, which is closed as a session is.
    pub session: SessionId,
    pub verified: bool,
    pub admin: bool,
}

/// One of the eight, or the program that composes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ServiceName {
    User,
    Machines,
    Allocation,
    Feed,
    Verifier,
    Docker,
    Notification,
    Interact,
}

impl ServiceName {
    pub const ALL: [Self; 8] = [
        Self::User,
        Self::Machines,
        Self::Allocation,
        Self::Feed,
        Self::Verifier,
        Self::Docker,
        Self::Notification,
        Self::Interact,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Machines => "machines",
            Self::Allocation => "allocation",
            Self::Feed => "feed",
            Self::Verifier => "verifier",
            Self::Docker => "docker",
            Self::Notification => "notification",
            Self::Interact => "interact",
        }
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No service of that name.
#[derive(Debug, thiserror::Error)]
#[error("no service of that name: user, machines, allocation, feed, verifier, docker, notification, interact")]
pub struct NotAService;

impl FromStr for ServiceName {
    type Err = NotAService;

    fn from_str(text: &str) -> Result<Self, NotAService> {
        Self::ALL.into_iter().find(|service| service.as_str() == text).ok_or(NotAService)
    }
}
