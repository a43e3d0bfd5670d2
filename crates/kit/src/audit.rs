//! Who did what to which from where: the words that every service records its acts in. Recorded with the change itself;
//! the user service keeps the list.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::context;
use crate::{ApiKeyId, Caller, TenantId, UserId};

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Noun and verb: `allocation.stop`, `machine.update`, `user.login`.
    pub action: String,
    /// Who; `None` where nobody was logged in, as at a failed login.
    pub actor: Option<UserId>,
    /// The API key that was used.
    pub key: Option<ApiKeyId>,
    /// Whether it was done to somebody else's thing, by an admin's right.
    pub as_admin: bool,
    /// Whose thing it was done to.
    pub tenant: Option<TenantId>,
    /// `allocation`, `machine`, `user`, …
    pub subject_kind: String,
    pub subject_id: String,
    pub address: Option<IpAddr>,
    pub request_id: Option<String>,
    /// A few more words, `name: cache`. Never a secret.
    pub details: BTreeMap<String, String>,
}

impl Act {
    /// By a caller, to something of their own tenant. Address and request are those of the running work.
    pub fn by(caller: &Caller, action: &str, subject_kind: &str, subject_id: impl ToString) -> Self {
        let key = caller.access.is_key().then(|| ApiKeyId::from_uuid(caller.session.as_uuid()));
        let anonymous = Self::anonymous(action, subject_kind, subject_id);
        Self { actor: Some(caller.user), key, tenant: Some(caller.tenant), ..anonymous }
    }

    /// By nobody who is known.
    pub fn anonymous(action: &str, subject_kind: &str, subject_id: impl ToString) -> Self {
        let request = context::request();
        Self {
            action: action.to_owned(),
            actor: None,
            key: None,
            as_admin: false,
            tenant: None,
            subject_kind: subject_kind.to_owned(),
            subject_id: subject_id.to_string(),
            address: request.as_ref().and_then(|request| request.address),
            request_id: request.map(|request| request.id),
            details: BTreeMap::new(),
        }
    }

    /// By an admin's right; `tenant` is whose thing it was, `None` for what belongs to the platform.
    #[must_use]
    pub fn as_admin(mut self, tenant: Option<TenantId>) -> Self {
        self.as_admin = true;
        self.tenant = tenant;
        self
    }

    #[must_use]
    pub fn detail(mut self, name: &str, value: impl ToString) -> Self {
        self.details.insert(name.to_owned(), value.to_string());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{RequestContext, with_request};
    use crate::{Access, Ambient, Role, Scope, SessionId};

    #[tokio::test]
    async fn an_act_knows_its_request_and_its_key() {
        let ambient = Ambient::system();
        let caller = Caller {
            user: UserId::mint(&ambient),
            tenant: TenantId::mint(&ambient),
            role: Role::Owner,
            access: Access::Key(vec![Scope::AllocationsWrite]),
            session: SessionId::mint(&ambient),
            verified: true,
            admin: false,
        };
        let request = RequestContext { id: "r".into(), address: "192.0.2.1".parse().ok() };
        let act = with_request(request, async { Act::by(&caller, "allocation.stop", "allocation", "a") }).await;
        assert_eq!((act.request_id.as_deref(), act.address), (Some("r"), "192.0.2.1".parse().ok()));
        assert_eq!(act.key.map(ApiKeyId::as_uuid), Some(caller.session.as_uuid()));
        assert_eq!((act.tenant, act.as_admin), (Some(caller.tenant), false));
    }
}
