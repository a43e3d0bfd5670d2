//! Which messages a user wants, by kind and channel. Codes come because they are asked for and security mail because an
//! intruder would turn it off, so both are locked.

use kit::{ErrorCode, Failure};

use super::contact::Contact;
use super::delivery::Channel;
use super::kind::{Class, Kind};

/// What a user decided for a kind and a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    pub kind: Kind,
    pub channel: Channel,
    pub enabled: bool,
}

/// What holds for a kind and a channel, decided or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    pub choice: Choice,
    /// Cannot be turned off.
    pub locked: bool,
}

impl Choice {
    /// `InvalidInput` where something locked would be turned off; the field is `enabled`.
    pub fn new(kind: Kind, channel: Channel, enabled: bool) -> Result<Self, Failure> {
        if !enabled && is_locked(kind, channel) {
            let told = format!("`{}` by {} cannot be turned off.", kind.as_str(), channel.as_str());
            return Err(Failure::new(ErrorCode::InvalidInput, told).field("enabled"));
        }
        Ok(Self { kind, channel, enabled })
    }

    /// Whether a kind goes out over a channel, with what was decided and else by the user's profile.
    pub fn enabled(kind: Kind, channel: Channel, chosen: &[Self], contact: Option<&Contact>) -> bool {
        let decided = chosen.iter().find(|choice| choice.kind == kind && choice.channel == channel);
        match (decided, channel) {
            _ if is_locked(kind, channel) => true,
            (Some(choice), _) => choice.enabled,
            (None, Channel::Email) => contact.is_none_or(|contact| contact.email_notification),
            (None, Channel::Sms) => contact.is_some_and(|contact| contact.sms_notification),
            (None, Channel::Webhook) => true,
        }
    }
}

fn is_locked(kind: Kind, channel: Channel) -> bool {
    match kind.class() {
        Class::Code => true,
        Class::Security => channel == Channel::Email,
        Class::News => false,
    }
}

/// Every kind over every channel that reaches a person, as it stands.
pub fn settings(chosen: &[Choice], contact: Option<&Contact>) -> Vec<Setting> {
    let all = Kind::ALL.iter().flat_map(|kind| Channel::PERSONAL.map(|channel| (*kind, channel)));
    all.map(|(kind, channel)| {
        let enabled = Choice::enabled(kind, channel, chosen, contact);
        Setting { choice: Choice { kind, channel, enabled }, locked: is_locked(kind, channel) }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use kit::Ambient;

    use super::super::contact::tests::contact;
    use super::*;

    fn stands(kind: Kind, channel: Channel, chosen: &[Choice], contact: Option<&Contact>) -> (bool, bool) {
        let all = settings(chosen, contact);
        assert_eq!(all.len(), Kind::ALL.len() * 2);
        let found = all.iter().find(|setting| setting.choice.kind == kind && setting.choice.channel == channel);
        (found.unwrap().choice.enabled, found.unwrap().locked)
    }

    #[test]
    fn what_is_locked_is_on_and_cannot_be_turned_off() {
        let quiet = Contact { email_notification: false, ..contact(&Ambient::system()) };
        for kind in [Kind::NewLogin, Kind::PhoneProven, Kind::VerifyCode] {
            assert_eq!(stands(kind, Channel::Email, &[], Some(&quiet)), (true, true));
            let refused = Choice::new(kind, Channel::Email, false).unwrap_err();
            assert_eq!(refused.field.as_deref(), Some("enabled"));
        }
        assert!(Choice::new(Kind::NewLogin, Channel::Sms, false).is_ok());
    }

    #[test]
    fn the_profile_decides_until_the_user_does() {
        let ada = contact(&Ambient::system());
        let quiet = Contact { email_notification: false, sms_notification: true, ..ada.clone() };
        let kind = Kind::AllocationRunning;
        assert_eq!(stands(kind, Channel::Email, &[], None), (true, false));
        assert_eq!(stands(kind, Channel::Email, &[], Some(&ada)), (true, false));
        assert_eq!(stands(kind, Channel::Sms, &[], Some(&ada)), (false, false));
        assert_eq!(stands(kind, Channel::Email, &[], Some(&quiet)), (false, false));
        assert_eq!(stands(kind, Channel::Sms, &[], Some(&quiet)), (true, false));
        let chosen = [Choice::new(kind, Channel::Email, true).unwrap()];
        assert_eq!(stands(kind, Channel::Email, &chosen, Some(&quiet)), (true, false));
    }
}
