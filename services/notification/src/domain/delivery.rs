//! One message to one recipient over one channel, and what becomes of it.

use std::fmt;
use std::str::FromStr;

use kit::id::NotAnId;
use kit::{Again, Ambient, ErrorCode, EventId, Failure, Timestamp, UserId, WebhookId};
use uuid::Uuid;

use super::backoff;
use super::contact::Contact;
use super::facts::Facts;
use super::kind::{Kind, Subject};

/// Names a delivery for good; a repeated mail carries it again as its `Message-ID`, a webhook as its `webhook-id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

impl FromStr for DeliveryId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        // An event's id is written in the same one way.
        text.parse::<EventId>().map(|id| Self(id.as_uuid())).map_err(|_| NotAnId("delivery"))
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
    Webhook,
}

impl Channel {
    pub const ALL: [Self; 3] = [Self::Email, Self::Sms, Self::Webhook];
    /// Those that reach a person, and that preferences are about.
    pub const PERSONAL: [Self; 2] = [Self::Email, Self::Sms];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Webhook => "webhook",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text)
    }
}

/// A message that is still to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    /// The event or request that it answers to.
    pub cause: EventId,
    pub user: UserId,
    pub channel: Channel,
    pub subject: Subject,
    /// Where it goes: given with a code or notice, else empty until the contact tells it.
    pub recipient: String,
    pub first_name: String,
    /// The code, sealed with the cause's text as context; empty without one.
    pub sealed_code: Vec<u8>,
    pub facts: Facts,
    pub webhook: Option<WebhookId>,
    /// Begun so far, the running one included.
    pub attempts: u32,
    /// When what it tells of happened.
    pub occurred_at: Timestamp,
    pub created_at: Timestamp,
    /// Not begun after this.
    pub expires_at: Timestamp,
}

impl Delivery {
    /// A message to a person that is resolved when it is sent.
    pub fn to_person(id: DeliveryId, kind: Kind, channel: Channel, told: Told, at: Timestamp) -> Self {
        let expires_at = told.at.plus(backoff::NEWS);
        Self { channel, ..Self::about(id, Subject::Message(kind), told, at, expires_at) }
    }

    /// An event to a program.
    pub fn to_webhook(id: DeliveryId, webhook: WebhookId, subject: Subject, told: Told, at: Timestamp) -> Self {
        let expires_at = at.plus(backoff::EVENT);
        let delivery = Self::about(id, subject, told, at, expires_at);
        Self { channel: Channel::Webhook, webhook: Some(webhook), ..delivery }
    }

    fn about(id: DeliveryId, subject: Subject, told: Told, at: Timestamp, expires_at: Timestamp) -> Self {
        Self {
            id,
            cause: told.cause,
            user: told.user,
            channel: Channel::Email,
            subject,
            recipient: String::new(),
            first_name: String::new(),
            sealed_code: Vec::new(),
            facts: told.facts,
            webhook: None,
            attempts: 0,
            occurred_at: told.at,
            created_at: at,
            expires_at,
        }
    }

    pub fn is_expired(&self, at: Timestamp) -> bool {
        self.expires_at <= at
    }

    /// What follows a failed attempt: another one while the message is worth it and the failure may pass. `jitter` is 0
    /// to 99, so that what failed together does not come back together.
    pub fn after(&self, failure: &Failure, at: Timestamp, jitter: u32) -> Outcome {
        let wait = match self.channel {
            Channel::Webhook => backoff::webhook(self.attempts, jitter),
            Channel::Email | Channel::Sms => Some(backoff::message(self.attempts, self.subject.is_code())),
        };
        let asked = failure.retry_after.map_or(0, u64::from).min(backoff::LONGEST_WISH);
        let next = wait.map(|wait| at.plus(wait.max(std::time::Duration::from_secs(asked))));
        match (failure.again(), next) {
            (Again::AfterSeconds(_), Some(next)) if !self.is_expired(next) => Outcome::Retry { at: next },
            _ => Outcome::Dead(failure.code),
        }
    }

    /// Greets by the name that came along, else by the contact's.
    pub fn greeted<'a>(&'a self, contact: Option<&'a Contact>) -> &'a str {
        match contact {
            Some(contact) if self.first_name.is_empty() => &contact.first_name,
            _ => &self.first_name,
        }
    }
}

/// What is told, to whom, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub cause: EventId,
    pub user: UserId,
    pub at: Timestamp,
    pub facts: Facts,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Sent,
    /// Too late to be worth anything.
    Expired,
    /// Nobody wants it: turned off, no address that may be used, or the user is gone.
    Skipped,
    /// Given up.
    Dead(ErrorCode),
    Retry {
        at: Timestamp,
    },
}

impl Outcome {
    /// As it is counted.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Expired => "expired",
            Self::Skipped => "skipped",
            Self::Dead(_) => "dead",
            Self::Retry { .. } => "retry",
        }
    }
}

/// An attempt as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub outcome: Outcome,
    /// Where it went; `None` where that is not known.
    pub recipient: Option<String>,
    /// The receiver's HTTP status, where one answered.
    pub status: Option<u16>,
}

impl From<Outcome> for Attempt {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, recipient: None, status: None }
    }
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Pending,
    Sent,
    Expired,
    Skipped,
    Dead,
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Expired => "expired",
            Self::Skipped => "skipped",
            Self::Dead => "dead",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Sent, Self::Expired, Self::Skipped, Self::Dead]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// A delivery as it is shown later, without what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub id: DeliveryId,
    pub user: UserId,
    pub channel: Channel,
    pub subject: Subject,
    /// Where it went last; a URL for a webhook, empty where it was never tried.
    pub recipient: String,
    pub state: State,
    /// Why it is dead.
    pub reason: Option<String>,
    pub attempts: u32,
    pub status: Option<u16>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

#[cfg(test)]
pub mod tests {
    use std::time::Duration;

    use super::*;

    /// A code at its first attempt, valid for ten minutes from now.
    pub fn delivery(ambient: &Ambient) -> Delivery {
        let at = ambient.now();
        let told = Told { cause: EventId::mint(ambient), user: UserId::mint(ambient), at, facts: Facts::default() };
        Delivery {
            recipient: "ada@example.org".into(),
            first_name: "Ada".into(),
            sealed_code: vec![1, 2, 3],
            attempts: 1,
            expires_at: at.plus(Duration::from_secs(600)),
            ..Delivery::to_person(DeliveryId::mint(ambient), Kind::VerifyCode, Channel::Email, told, at)
        }
    }

    fn away() -> Failure {
        Failure::of(ErrorCode::MailServerUnavailable)
    }

    #[test]
    fn a_failure_that_may_pass_is_tried_again_while_the_code_is_valid() {
        let delivery = delivery(&Ambient::system());
        let early = delivery.created_at;
        assert_eq!(delivery.after(&away(), early, 0), Outcome::Retry { at: early.plus(Duration::from_secs(1)) });
        let late = delivery.expires_at.minus(Duration::from_secs(1));
        assert_eq!(delivery.after(&away(), late, 0), Outcome::Dead(ErrorCode::MailServerUnavailable));
    }

    #[test]
    fn a_refusal_is_final() {
        let delivery = delivery(&Ambient::system());
        let refused = Failure::of(ErrorCode::MailRefused);
        assert_eq!(delivery.after(&refused, delivery.created_at, 0), Outcome::Dead(ErrorCode::MailRefused));
    }

    #[test]
    fn who_asks_for_a_pause_gets_it_up_to_a_minute() {
        let delivery = delivery(&Ambient::system());
        for (asked, waited) in [(0, 1), (20, 20), (3_600, 60)] {
            let failure = Failure::of(ErrorCode::SmsGatewayUnavailable).retry_after(asked);
            let next = delivery.created_at.plus(Duration::from_secs(waited));
            assert_eq!(delivery.after(&failure, delivery.created_at, 0), Outcome::Retry { at: next });
        }
    }

    #[test]
    fn names_survive_their_text() {
        for channel in Channel::ALL {
            assert_eq!(Channel::parse(channel.as_str()), Some(channel));
        }
        for state in [State::Pending, State::Sent, State::Expired, State::Skipped, State::Dead] {
            assert_eq!(State::parse(state.as_str()), Some(state));
        }
        assert_eq!((Channel::parse("pigeon"), State::parse("lost")), (None, None));
    }
}
