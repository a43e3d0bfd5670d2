//! One message to one recipient over one channel, and when it is tried again. A code is worth nothing once it expired,
//! so every wait ends there.

use std::fmt;
use std::time::Duration;

use kit::{Again, Ambient, ErrorCode, EventId, Failure, Timestamp, UserId};
use uuid::Uuid;

/// Names a delivery for good; a repeated mail carries it again as its `Message-ID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeliveryId(Uuid);

impl DeliveryId {
    pub fn mint(ambient: &Ambient) -> Self {
        Self(ambient.uuid())
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// `None` unless there are exactly 16 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok().map(Self)
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Email,
    Sms,
}

impl Channel {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Email, Self::Sms].into_iter().find(|channel| channel.as_str() == text)
    }
}

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    VerifyCode,
    ResetCode,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyCode => "verify_code",
            Self::ResetCode => "reset_code",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::VerifyCode, Self::ResetCode].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A message that is still to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    /// The request that it answers to.
    pub cause: EventId,
    pub user: UserId,
    pub channel: Channel,
    pub kind: Kind,
    pub recipient: String,
    pub first_name: String,
    /// The code, sealed with the cause's text as context.
    pub sealed_code: Vec<u8>,
    /// Begun so far, the running one included.
    pub attempts: u32,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Sent,
    /// Too late: the code was no longer valid.
    Expired,
    /// Given up.
    Dead(ErrorCode),
    Retry {
        at: Timestamp,
    },
}

/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

impl Delivery {
    pub fn is_expired(&self, at: Timestamp) -> bool {
        self.expires_at <= at
    }

    /// What follows a failed attempt: another after 1 s, 2 s, 4 s … while the code is valid and the failure may pass.
    pub fn after(&self, failure: &Failure, at: Timestamp) -> Outcome {
        let next = at.plus(wait_after(self.attempts));
        match failure.again() {
            Again::AfterSeconds(_) if !self.is_expired(next) => Outcome::Retry { at: next },
            Again::AfterSeconds(_) | Again::No => Outcome::Dead(failure.code),
        }
    }
}

fn wait_after(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    LONGEST_WAIT.min(Duration::from_secs(1 << doublings))
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A delivery at its first attempt, valid for ten minutes from `at`.
    pub fn delivery(ambient: &Ambient) -> Delivery {
        let at = ambient.now();
        Delivery {
            id: DeliveryId::mint(ambient),
            cause: EventId::mint(ambient),
            user: UserId::mint(ambient),
            channel: Channel::Email,
            kind: Kind::VerifyCode,
            recipient: "ada@example.org".into(),
            first_name: "Ada".into(),
            sealed_code: vec![1, 2, 3],
            attempts: 1,
            created_at: at,
            expires_at: at.plus(Duration::from_secs(600)),
        }
    }

    fn away() -> Failure {
        Failure::of(ErrorCode::MailServerUnavailable)
    }

    #[test]
    fn waits_double_up_to_a_minute() {
        let waits: Vec<u64> = (1..=9).map(|attempt| wait_after(attempt).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn a_failure_that_may_pass_is_tried_again_while_the_code_is_valid() {
        let ambient = Ambient::system();
        let delivery = delivery(&ambient);
        let early = delivery.created_at;
        assert_eq!(delivery.after(&away(), early), Outcome::Retry { at: early.plus(Duration::from_secs(1)) });
        let late = delivery.expires_at.minus(Duration::from_secs(1));
        assert_eq!(delivery.after(&away(), late), Outcome::Dead(ErrorCode::MailServerUnavailable));
    }

    #[test]
    fn a_refusal_is_final() {
        let delivery = delivery(&Ambient::system());
        let refused = Failure::of(ErrorCode::MailRefused);
        assert_eq!(delivery.after(&refused, delivery.created_at), Outcome::Dead(ErrorCode::MailRefused));
    }

    #[test]
    fn names_survive_their_text() {
        for kind in [Kind::VerifyCode, Kind::ResetCode] {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
        for channel in [Channel::Email, Channel::Sms] {
            assert_eq!(Channel::parse(channel.as_str()), Some(channel));
        }
        assert_eq!((Kind::parse("party"), Channel::parse("pigeon")), (None, None));
    }
}
