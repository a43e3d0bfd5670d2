//! What is known of a user, and whether that is enough for what is asked.

use kit::{Caller, ErrorCode, Failure, Role, SessionId, TenantId, Timestamp, UserId};

/// What a verdict rests on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent facts about an account")]
pub struct Person {
    pub user: UserId,
    /// The personal tenant; until there are teams, the only one.
    pub tenant: TenantId,
    pub verified: bool,
    pub admin: bool,
    pub suspended: bool,
    pub deleted: bool,
    pub revision: u64,
}

/// What a call asks of its caller; each includes the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    User,
    Verified,
    Admin,
}

/// A token's claims with what its bearer wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    pub user: UserId,
    pub session: SessionId,
    /// Whether it is an API key, whose id stands in `session`.
    pub by_key: bool,
    /// The user's least revision that an answer may rest on.
    pub least: u64,
    /// When the token was issued, in whole seconds as tokens have it; when the key was resolved, to the microsecond.
    pub issued_at: Timestamp,
    /// The tenant that the request names.
    pub tenant: Option<TenantId>,
    pub need: Need,
    /// Whether the call changes something.
    pub writes: bool,
}

/// Who asks, if that one may; else why not.
pub fn verdict(person: Option<&Person>, asking: &Asking) -> Result<Caller, Failure> {
    let gone = || Failure::of(ErrorCode::SessionClosed);
    let person = person.filter(|person| !person.deleted && !person.suspended).ok_or_else(gone)?;
    if asking.tenant.is_some_and(|tenant| tenant != person.tenant) {
        return Err(Failure::new(ErrorCode::Forbidden, "The caller is no member of that tenant."));
    }
    match asking.need {
        Need::Verified | Need::Admin if !person.verified => return Err(Failure::of(ErrorCode::UserNotVerified)),
        Need::Admin if !person.admin => {
            return Err(Failure::new(ErrorCode::Forbidden, "Only an admin may do this."));
        }
        Need::User | Need::Verified | Need::Admin => {}
    }
    Ok(Caller {
        user: person.user,
        tenant: person.tenant,
        role: Role::Owner,
        access: kit::Access::Login,
        session: asking.session,
        verified: person.verified,
        admin: person.admin,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{asking, person};
    use kit::Ambient;

    fn code(person: &Person, asking: &Asking) -> Option<ErrorCode> {
        verdict(Some(person), asking).err().map(|failure| failure.code)
    }

    #[test]
    fn each_need_has_its_own_refusal() {
        let ambient = Ambient::system();
        let verified = person(&ambient);
        let unverified = Person { verified: false, ..verified.clone() };
        let admin = Person { admin: true, ..verified.clone() };
        let table = [
            (&unverified, Need::User, None),
            (&unverified, Need::Verified, Some(ErrorCode::UserNotVerified)),
            (&unverified, Need::Admin, Some(ErrorCode::UserNotVerified)),
            (&verified, Need::Verified, None),
            (&verified, Need::Admin, Some(ErrorCode::Forbidden)),
            (&admin, Need::Admin, None),
        ];
        for (person, need, expected) in table {
            assert_eq!(code(person, &Asking { need, ..asking(&ambient, person) }), expected, "{person:?} {need:?}");
        }
    }

    #[test]
    fn whoever_is_gone_has_no_session() {
        let ambient = Ambient::system();
        let person = person(&ambient);
        let asking = asking(&ambient, &person);
        assert_eq!(code(&Person { deleted: true, ..person.clone() }, &asking), Some(ErrorCode::SessionClosed));
        assert_eq!(code(&Person { suspended: true, ..person }, &asking), Some(ErrorCode::SessionClosed));
        assert_eq!(verdict(None, &asking).unwrap_err().code, ErrorCode::SessionClosed);
    }

    #[test]
    fn only_the_own_tenant_may_be_named() {
        let ambient = Ambient::system();
        let person = person(&ambient);
        let own = Asking { tenant: Some(person.tenant), ..asking(&ambient, &person) };
        assert_eq!(verdict(Some(&person), &own).unwrap().tenant, person.tenant);
        // A user's id is no tenant's.
        let other = Asking { tenant: Some(TenantId::from_uuid(person.user.as_uuid())), ..own };
        assert_eq!(code(&person, &other), Some(ErrorCode::Forbidden));
    }
}
