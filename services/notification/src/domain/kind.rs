//! What messages are about, and what webhooks can be told of: the two lists of names that clients see.

use std::fmt;

macro_rules! names {
    ($(#[$meta:meta])* $enum:ident { $($name:ident $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $enum { $($name,)* }

        impl $enum {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$name),)* _ => None }
            }
        }
    };
}

names! {
    /// What a message to a person is about.
    Kind {
        VerifyCode "verify_code",
        ResetCode "reset_code",
        EmailCode "email_code",
        Welcome "welcome",
        Verified "verified",
        NewLogin "new_login",
        PasswordChanged "password_changed",
        EmailChanged "email_changed",
        PhoneProven "phone_proven",
        ApiKeyCreated "api_key_created",
        AccountSuspended "account_suspended",
        AccountDeleted "account_deleted",
        AllocationRunning "allocation_running",
        AllocationFailed "allocation_failed",
        AllocationRemoved "allocation_removed",
        WebhookDisabled "webhook_disabled",
    }
}

names! {
    /// What a program is told over a webhook.
    EventType {
        AllocationRequested "allocation.requested",
        AllocationRunning "allocation.running",
        AllocationStopped "allocation.stopped",
        AllocationFailed "allocation.failed",
        AllocationLost "allocation.lost",
        AllocationRemoved "allocation.removed",
        UserVerified "user.verified",
        UserUpdated "user.updated",
        WebhookTest "webhook.test",
    }
}

/// How a kind of message is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Asked for a moment ago, worthless a moment later.
    Code,
    /// Tells of what an intruder would do, so it cannot be turned off.
    Security,
    News,
}

impl Kind {
    pub const fn class(self) -> Class {
        match self {
            Self::VerifyCode | Self::ResetCode | Self::EmailCode => Class::Code,
            Self::NewLogin
            | Self::PasswordChanged
            | Self::EmailChanged
            | Self::PhoneProven
            | Self::ApiKeyCreated
            | Self::AccountSuspended
            | Self::AccountDeleted => Class::Security,
            Self::Welcome
            | Self::Verified
            | Self::AllocationRunning
            | Self::AllocationFailed
            | Self::AllocationRemoved
            | Self::WebhookDisabled => Class::News,
        }
    }

    pub fn is_code(self) -> bool {
        self.class() == Class::Code
    }
}

impl EventType {
    /// Whether a webhook may ask for it; the test goes to the one webhook that it is for.
    pub fn is_offered(self) -> bool {
        self != Self::WebhookTest
    }
}

/// What a delivery is about: a message to a person, or an event to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Message(Kind),
    Event(EventType),
}

impl Subject {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Message(kind) => kind.as_str(),
            Self::Event(event) => event.as_str(),
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Kind::parse(text).map(Self::Message).or_else(|| EventType::parse(text).map(Self::Event))
    }

    pub fn is_code(self) -> bool {
        matches!(self, Self::Message(kind) if kind.is_code())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_their_text_and_no_two_are_the_same() {
        let messages = Kind::ALL.iter().map(|kind| Subject::Message(*kind));
        let events = EventType::ALL.iter().map(|event| Subject::Event(*event));
        for subject in messages.chain(events) {
            assert_eq!(Subject::parse(subject.as_str()), Some(subject));
        }
        assert_eq!(Subject::parse("party"), None);
    }
}
