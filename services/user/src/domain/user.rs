//! A user: what stands in an account, and how a change is told from none.

use kit::{TenantId, Timestamp, UserId};

use super::{Channel, Email, Gender, PersonName, PhoneNumber};

/// What a person fills in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub first_name: PersonName,
    pub last_name: PersonName,
    pub phone_number: Option<PhoneNumber>,
    pub gender: Option<Gender>,
    pub email_notification: bool,
    pub sms_notification: bool,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent facts about an account")]
pub struct User {
    pub id: UserId,
    /// The personal tenant.
    pub tenant: TenantId,
    pub email: Email,
    pub profile: Profile,
    /// Whether the account may use the platform: its e-mail address was proven, or its number by a text.
    pub verified: bool,
    /// Verified by a text alone: nobody showed yet that the e-mail address is theirs.
    pub email_unproven: bool,
    /// Whether the telephone number was proven by a text message.
    pub phone_verified: bool,
    pub admin: bool,
    /// Closed by an admin until an admin opens it again.
    pub suspended: bool,
    /// Asked to go: closed to its owner, its things are being removed.
    pub deleting: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// 1 at sign-up, one more with each change.
    pub revision: u64,
}

/// A sign-up that is about to become a user.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub id: UserId,
    pub tenant: TenantId,
    pub email: Email,
    pub profile: Profile,
    pub password_hash: String,
    /// Whether this sign-up may be the one that gives the platform its admin.
    pub may_found: bool,
    pub at: Timestamp,
    /// An unverified account of the same address that is older than this makes way.
    pub yields_before: Timestamp,
}

/// What a login compares with.
#[derive(Clone)]
pub struct Credentials {
    pub user: UserId,
    pub tenant: TenantId,
    pub password_hash: String,
}

/// A change of a field that may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Edit<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

impl<T> Edit<T> {
    pub fn try_map<U, E>(self, f: impl FnOnce(T) -> Result<U, E>) -> Result<Edit<U>, E> {
        Ok(match self {
            Self::Keep => Edit::Keep,
            Self::Clear => Edit::Clear,
            Self::Set(value) => Edit::Set(f(value)?),
        })
    }
}

/// A change of the profile. `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub first_name: Option<PersonName>,
    pub last_name: Option<PersonName>,
    pub phone_number: Edit<PhoneNumber>,
    pub gender: Edit<Gender>,
    pub email_notification: Option<bool>,
    pub sms_notification: Option<bool>,
}

impl Changes {
    /// Whether a login is needed, and no API key will do: a code by text resets the password, so the number that it goes to
    /// is a credential.
    pub fn needs_login(&self) -> bool {
        self.phone_number != Edit::Keep
    }
}

impl User {
    /// Applies a change of the profile; names the fields that are different now. A new number is not proven.
    pub fn apply(&mut self, changes: Changes) -> Vec<&'static str> {
        let mut fields = self.profile.apply(changes);
        if self.phone_verified && fields.contains(&"phone_number") {
            self.phone_verified = false;
            fields.push("phone_verified");
        }
        fields
    }

    /// Takes what a code proves that arrived this way; names what is different now. The first proof of an address takes
    /// the account from who came by text alone: the number goes, and the store closes what is open.
    pub fn prove(&mut self, channel: Channel) -> Vec<&'static str> {
        match channel {
            Channel::Email if self.email_unproven => self.prove_email(),
            Channel::Email => named([(set(&mut self.verified, Some(true)), "verified")]),
            Channel::Sms => {
                let first = set(&mut self.verified, Some(true));
                self.email_unproven |= first;
                let phone = set(&mut self.phone_verified, Some(true));
                named([(first, "verified"), (first, "email_unproven"), (phone, "phone_verified")])
            }
        }
    }

    fn prove_email(&mut self) -> Vec<&'static str> {
        named([
            (set(&mut self.email_unproven, Some(false)), "email_unproven"),
            (self.profile.phone_number.take().is_some(), "phone_number"),
            (set(&mut self.phone_verified, Some(false)), "phone_verified"),
        ])
    }

    /// Whether the address was shown to be its user's: only then is it worth telling of what happens to the account.
    pub const fn has_proven_email(&self) -> bool {
        self.verified && !self.email_unproven
    }

    /// Neither suspended nor going: only such an account is anybody's to log in to, or to send codes to.
    pub const fn is_open(&self) -> bool {
        !self.suspended && !self.deleting
    }

    /// Whether it makes way for who claims its address: made by then, and open without ever having been verified.
    pub fn yields(&self, made_by: Timestamp) -> bool {
        !self.verified && self.is_open() && self.created_at <= made_by
    }

    /// Whether a change touches a number that resets the password: then the password is asked for.
    pub fn guards_number(&self, changes: &Changes) -> bool {
        let differs = match &changes.phone_number {
            Edit::Keep => false,
            Edit::Clear => self.profile.phone_number.is_some(),
            Edit::Set(number) => self.profile.phone_number.as_ref() != Some(number),
        };
        self.phone_verified && differs
    }
}

impl Profile {
    /// Applies a change; names the fields that are different now.
    pub fn apply(&mut self, changes: Changes) -> Vec<&'static str> {
        let fields = [
            (set(&mut self.first_name, changes.first_name), "first_name"),
            (set(&mut self.last_name, changes.last_name), "last_name"),
            (edit(&mut self.phone_number, changes.phone_number), "phone_number"),
            (edit(&mut self.gender, changes.gender), "gender"),
            (set(&mut self.email_notification, changes.email_notification), "email_notification"),
            (set(&mut self.sms_notification, changes.sms_notification), "sms_notification"),
        ];
        named(fields)
    }
}

fn named<const N: usize>(fields: [(bool, &'static str); N]) -> Vec<&'static str> {
    fields.into_iter().filter_map(|(differs, name)| differs.then_some(name)).collect()
}

fn edit<T: PartialEq>(field: &mut Option<T>, edit: Edit<T>) -> bool {
    match edit {
        Edit::Keep => false,
        Edit::Clear => field.take().is_some(),
        Edit::Set(value) => set(field, Some(Some(value))),
    }
}

fn set<T: PartialEq>(field: &mut T, value: Option<T>) -> bool {
    match value {
        Some(value) if value != *field => {
            *field = value;
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use kit::Ambient;

    use super::*;
    use crate::samples;

    fn profile() -> Profile {
        Profile {
            first_name: PersonName::parse("first_name", "Ada").unwrap(),
            last_name: PersonName::parse("last_name", "Lovelace").unwrap(),
            phone_number: None,
            gender: Gender::parse("female").ok(),
            email_notification: true,
            sms_notification: false,
        }
    }

    #[test]
    fn a_change_names_what_differs_and_nothing_else() {
        let mut ada = profile();
        let changes = Changes {
            first_name: PersonName::parse("first_name", "Ada").ok(),
            gender: Edit::Clear,
            sms_notification: Some(true),
            ..Changes::default()
        };
        assert_eq!(ada.apply(changes), ["gender", "sms_notification"]);
        assert_eq!(ada, Profile { gender: None, sms_notification: true, ..profile() });
    }

    #[test]
    fn a_code_by_text_proves_the_number_too_until_it_changes() {
        let mut ada = User { verified: false, ..samples::user(&Ambient::system()) };
        assert_eq!(ada.prove(Channel::Email), ["verified"]);
        assert_eq!(ada.prove(Channel::Sms), ["phone_verified"]);
        assert!(ada.prove(Channel::Sms).is_empty());
        assert!(ada.apply(Changes { sms_notification: Some(true), ..Changes::default() }).len() == 1);
        let changes = Changes { phone_number: Edit::Clear, ..Changes::default() };
        assert!(changes.needs_login() && !Changes::default().needs_login());
        assert_eq!(ada.apply(changes), ["phone_number", "phone_verified"]);
        assert!(ada.verified && !ada.phone_verified);
    }

    #[test]
    fn who_came_by_text_alone_loses_number_and_account_to_whom_the_address_belongs() {
        let mut ada = User { verified: false, ..samples::user(&Ambient::system()) };
        assert_eq!(ada.prove(Channel::Sms), ["verified", "email_unproven", "phone_verified"]);
        assert!(ada.verified && !ada.has_proven_email());
        assert_eq!(ada.prove(Channel::Email), ["email_unproven", "phone_number", "phone_verified"]);
        assert!(ada.has_proven_email() && ada.profile.phone_number.is_none() && !ada.phone_verified);
        assert!(ada.prove(Channel::Email).is_empty());
    }

    #[test]
    fn only_a_proven_number_is_guarded_and_only_against_another() {
        let ada = samples::user(&Ambient::system());
        let proven = User { phone_verified: true, ..ada.clone() };
        let same = Changes { phone_number: Edit::Set(ada.profile.phone_number.clone().unwrap()), ..Changes::default() };
        let cleared = Changes { phone_number: Edit::Clear, ..Changes::default() };
        assert!(proven.guards_number(&cleared) && !ada.guards_number(&cleared));
        assert!(!proven.guards_number(&same) && !proven.guards_number(&Changes::default()));
    }

    #[test]
    fn only_an_open_account_that_nobody_verified_in_time_yields() {
        let ada = User { verified: false, ..samples::user(&Ambient::system()) };
        assert!(ada.yields(ada.created_at) && !ada.yields(ada.created_at.minus(std::time::Duration::from_secs(1))));
        for kept in [
            User { verified: true, ..ada.clone() },
            User { suspended: true, ..ada.clone() },
            User { deleting: true, ..ada.clone() },
        ] {
            assert!(!kept.yields(kept.created_at));
        }
    }

    #[test]
    fn a_change_to_the_same_is_none() {
        assert!(profile().apply(Changes { email_notification: Some(true), ..Changes::default() }).is_empty());
    }
}
