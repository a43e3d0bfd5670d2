//! How a user is reached: this service's own copy of what user announces, and whom it lets a message go to.

use kit::{ErrorCode, Failure, TenantId, UserId};

use super::delivery::{Channel, Delivery};
use super::kind::{Class, Kind};
use super::preference::Choice;

/// A user as messages see them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own that user announces")]
pub struct Contact {
    pub user: UserId,
    pub tenant: TenantId,
    pub email: String,
    pub first_name: String,
    pub phone: Option<String>,
    pub phone_verified: bool,
    /// May use the platform: the mail address was proven, or the number.
    pub verified: bool,
    /// Verified by a text alone, so that the mail address may be anybody's.
    pub email_unproven: bool,
    /// Asked to go: their things are being removed, which they need no news of.
    pub deleting: bool,
    pub email_notification: bool,
    pub sms_notification: bool,
    pub revision: u64,
}

/// What is known of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Not yet: user's event may be on its way.
    Unknown,
    Known(Box<Contact>),
    /// The account is gone.
    Gone,
}

impl Reached {
    pub fn contact(&self) -> Option<&Contact> {
        match self {
            Self::Known(contact) => Some(contact),
            Self::Unknown | Self::Gone => None,
        }
    }

    /// Where a message to a person goes now; `None` where nobody wants it. `UserNotFound`, to be tried again, where the
    /// user is not known yet.
    pub fn recipient(&self, delivery: &Delivery, kind: Kind, chosen: &[Choice]) -> Result<Option<String>, Failure> {
        let given = || Some(delivery.recipient.clone()).filter(|given| !given.is_empty());
        if kind.is_code() || (kind == Kind::AccountDeleted && given().is_some()) {
            return Ok(given());
        }
        match self {
            Self::Gone => Ok(None),
            Self::Unknown => Err(Failure::of(ErrorCode::UserNotFound).retry_after(1)),
            Self::Known(contact) if !contact.wants(kind, delivery.channel, chosen) => Ok(None),
            Self::Known(contact) => Ok(given().or_else(|| contact.address(delivery.channel))),
        }
    }
}

impl Contact {
    /// Whether the mail address is known to be the user's.
    pub fn is_proven(&self) -> bool {
        self.verified && !self.email_unproven
    }

    /// Whether a kind of message may go to this user over a channel.
    fn wants(&self, kind: Kind, channel: Channel, chosen: &[Choice]) -> bool {
        let proven = match channel {
            Channel::Email => match kind.class() {
                Class::News => self.is_proven() || kind == Kind::Welcome,
                Class::Code | Class::Security => self.verified,
            },
            Channel::Sms => self.phone.is_some() && self.phone_verified,
            Channel::Webhook => true,
        };
        let farewell = self.deleting && kind.class() == Class::News;
        proven && !farewell && Choice::enabled(kind, channel, chosen, Some(self))
    }

    fn address(&self, channel: Channel) -> Option<String> {
        match channel {
            Channel::Email => Some(self.email.clone()),
            Channel::Sms => self.phone.clone(),
            Channel::Webhook => None,
        }
    }
}

#[cfg(test)]
pub mod tests {
    use kit::Ambient;

    use super::super::delivery::tests::delivery;
    use super::*;

    pub fn contact(ambient: &Ambient) -> Contact {
        Contact {
            user: UserId::mint(ambient),
            tenant: TenantId::mint(ambient),
            email: "ada@example.org".into(),
            first_name: "Ada".into(),
            phone: Some("+4915112345678".into()),
            phone_verified: true,
            verified: true,
            email_unproven: false,
            deleting: false,
            email_notification: true,
            sms_notification: false,
            revision: 1,
        }
    }

    fn goes(kind: Kind, channel: Channel, edit: impl FnOnce(&mut Contact)) -> Option<String> {
        let ambient = Ambient::system();
        let mut contact = contact(&ambient);
        edit(&mut contact);
        let delivery = Delivery { channel, recipient: String::new(), ..delivery(&ambient) };
        Reached::Known(Box::new(contact)).recipient(&delivery, kind, &[]).unwrap()
    }

    #[test]
    fn an_address_that_was_not_proven_gets_a_welcome_and_nothing_else() {
        let unverified = |contact: &mut Contact| contact.verified = false;
        assert!(goes(Kind::Welcome, Channel::Email, unverified).is_some());
        for kind in [Kind::NewLogin, Kind::AllocationRunning] {
            assert_eq!(goes(kind, Channel::Email, unverified), None);
        }
    }

    #[test]
    fn whoever_proved_only_a_number_gets_security_mail_but_no_news() {
        let by_text = |contact: &mut Contact| contact.email_unproven = true;
        for kind in [Kind::Welcome, Kind::NewLogin, Kind::AccountSuspended] {
            assert!(goes(kind, Channel::Email, by_text).is_some(), "{kind:?}");
        }
        for kind in [Kind::Verified, Kind::AllocationFailed, Kind::WebhookDisabled] {
            assert_eq!(goes(kind, Channel::Email, by_text), None, "{kind:?}");
        }
    }

    #[test]
    fn a_text_goes_to_a_proven_number_of_somebody_who_wants_texts() {
        let wants = |contact: &mut Contact| contact.sms_notification = true;
        assert_eq!(goes(Kind::AllocationFailed, Channel::Sms, wants).as_deref(), Some("+4915112345678"));
        assert_eq!(goes(Kind::AllocationFailed, Channel::Sms, |_| ()), None);
        let unproven = |contact: &mut Contact| (contact.sms_notification, contact.phone_verified) = (true, false);
        assert_eq!(goes(Kind::AllocationFailed, Channel::Sms, unproven), None);
    }

    #[test]
    fn who_is_leaving_gets_security_mail_but_no_news() {
        let leaving = |contact: &mut Contact| contact.deleting = true;
        assert_eq!(goes(Kind::AllocationRemoved, Channel::Email, leaving), None);
        assert!(goes(Kind::PasswordChanged, Channel::Email, leaving).is_some());
    }

    #[test]
    fn somebody_unknown_is_waited_for_and_somebody_gone_is_not() {
        let delivery = Delivery { recipient: String::new(), ..delivery(&Ambient::system()) };
        let waiting = Reached::Unknown.recipient(&delivery, Kind::Welcome, &[]).unwrap_err();
        assert!(matches!(waiting.again(), kit::Again::AfterSeconds(_)));
        assert_eq!(Reached::Gone.recipient(&delivery, Kind::Welcome, &[]).unwrap(), None);
    }

    #[test]
    fn a_farewell_reaches_its_address_though_the_account_is_gone() {
        let delivery = delivery(&Ambient::system());
        let to = Reached::Gone.recipient(&delivery, Kind::AccountDeleted, &[]).unwrap();
        assert_eq!(to.as_deref(), Some("ada@example.org"));
    }
}
