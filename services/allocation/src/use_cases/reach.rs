//! Whose allocation a caller means and may act on: one of their own, or by an admin's right somebody else's.

use kit::{Act, AllocationId, Caller, ErrorCode, Failure, Scope, TenantId};

use super::oversee::is_overseer;
use super::{Desk, SUBJECT};
use crate::domain::allocation::Cause;

/// A tenant that a caller may act in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    pub tenant: TenantId,
    /// Whether it is not the caller's own.
    pub as_admin: bool,
}

impl Reach {
    /// The caller's own tenant: what most verbs stay in.
    pub const fn own(caller: &Caller) -> Self {
        Self { tenant: caller.tenant, as_admin: false }
    }

    /// The tenant that has the allocation, where the caller is an admin who does not have it; else the caller's own,
    /// where a stranger's is not found. `scope` is what an admin's API key needs for it.
    pub async fn of(desk: &Desk, caller: &Caller, id: AllocationId, scope: Scope) -> Result<Self, Failure> {
        let own = Self::own(caller);
        if !is_overseer(caller, scope) || desk.store.find(own.tenant, id).await?.is_some() {
            return Ok(own);
        }
        match desk.overseer.find(id).await {
            Ok(found) => Ok(Self { tenant: found.tenant, as_admin: true }),
            Err(failure) if failure.code == ErrorCode::AllocationNotFound => Ok(own),
            Err(failure) => Err(failure),
        }
    }

    /// What the caller does to the allocation.
    pub fn act(self, caller: &Caller, action: &str, id: AllocationId) -> Act {
        let act = Act::by(caller, action, SUBJECT, id);
        if self.as_admin { act.as_admin(Some(self.tenant)) } else { act }
    }

    pub const fn cause(self, caller: &Caller) -> Cause {
        if self.as_admin { Cause::Admin(caller.user) } else { Cause::User(caller.user) }
    }
}
