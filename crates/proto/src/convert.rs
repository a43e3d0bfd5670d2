//! Between messages and the vocabulary. What comes in is checked: a peer's message is input like any other.

mod machine;
mod problem;

use std::str::FromStr;

use kit::{Access, Caller, Failure, Role};

use crate::v1;

pub use problem::{failure_of, status_of, status_of_own};

/// An id from a message. `InvalidInput` with the field where it is none.
pub fn id<T: FromStr>(text: &str, field: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| Failure::invalid(field, format!("`{field}` is not an id")))
}

/// A message's part that the sender must set.
pub fn required<T>(part: Option<T>, field: &str) -> Result<T, Failure> {
    part.ok_or_else(|| Failure::invalid(field, format!("`{field}` is missing")))
}

impl TryFrom<v1::CallerReply> for Caller {
    type Error = Failure;

    fn try_from(reply: v1::CallerReply) -> Result<Self, Failure> {
        Ok(Self {
            user: id(&reply.user_id, "user_id")?,
            tenant: id(&reply.tenant_id, "tenant_id")?,
            role: Role::Owner,
            // A scope that a newer version knows opens nothing here.
            access: if reply.key {
                Access::Key(reply.scopes.iter().filter_map(|scope| scope.parse().ok()).collect())
            } else {
                Access::Login
            },
            session: id(&reply.session_id, "session_id")?,
            verified: reply.verified,
            admin: reply.admin,
        })
    }
}

impl From<&Caller> for v1::CallerReply {
    fn from(caller: &Caller) -> Self {
        Self {
            user_id: caller.user.to_string(),
            tenant_id: caller.tenant.to_string(),
            role: match caller.role {
                Role::Owner => "owner".to_owned(),
            },
            scopes: match &caller.access {
                Access::Login => Vec::new(),
                Access::Key(scopes) => scopes.iter().map(ToString::to_string).collect(),
            },
            session_id: caller.session.to_string(),
            verified: caller.verified,
            admin: caller.admin,
            key: caller.access.is_key(),
        }
    }
}
