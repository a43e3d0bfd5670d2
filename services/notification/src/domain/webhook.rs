//! Where a user has events sent to, what it is signed with, and when it is given up.

use std::fmt;
use std::time::Duration;

use kit::{ErrorCode, Failure, Timestamp, UserId, WebhookId};

use super::kind::EventType;

/// How many a user may have.
pub const MOST: usize = 10;
/// How many events that its owner asked for may wait at one: a test is no way to flood somebody.
pub const MOST_TESTS: usize = 5;
/// How many of one user's are called at the same time: slow receivers of theirs hold up nobody else's.
pub const AT_ONCE: u32 = 2;
/// How long the secret before a rotation signs beside the new one.
pub const OVERLAP: Duration = Duration::from_secs(24 * 3_600);
/// A receiver that failed for so long, and so often, without one success is given up.
pub const GIVEN_UP_AFTER: Duration = Duration::from_secs(5 * 24 * 3_600);
pub const GIVEN_UP_CALLS: u32 = 10;
/// The longest URL.
pub const LONGEST_URL: usize = 1_000;

/// A signing key, 24 to 64 bytes by Standard Webhooks; ours have 32. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Which events a webhook wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Events {
    All,
    Only(Vec<EventType>),
}

impl Events {
    /// `["*"]`, or names; `InvalidInput` on `events` for what is neither.
    pub fn parse<T: AsRef<str>>(names: &[T]) -> Result<Self, Failure> {
        if names.len() == 1 && names[0].as_ref() == "*" {
            return Ok(Self::All);
        }
        let mut events = names.iter().map(|name| offered(name.as_ref())).collect::<Result<Vec<_>, _>>()?;
        events.sort_unstable();
        events.dedup();
        if events.is_empty() {
            return Err(Failure::invalid("events", "Name at least one event, or `*` for all."));
        }
        Ok(Self::Only(events))
    }

    pub fn names(&self) -> Vec<&'static str> {
        match self {
            Self::All => vec!["*"],
            Self::Only(events) => events.iter().map(|event| event.as_str()).collect(),
        }
    }

    pub fn wants(&self, event: EventType) -> bool {
        match self {
            Self::All => event.is_offered(),
            Self::Only(events) => events.contains(&event),
        }
    }
}

fn offered(name: &str) -> Result<EventType, Failure> {
    let found = EventType::parse(name).filter(|event| event.is_offered());
    found.ok_or_else(|| {
        let all: Vec<_> = EventType::ALL.iter().filter(|event| event.is_offered()).map(|e| e.as_str()).collect();
        Failure::invalid("events", format!("There is no event `{name}`; there are `*`, {}.", all.join(", ")))
    })
}

/// Why a webhook is not used any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver answered 410 Gone.
    Gone,
    /// It failed for five days, in ten calls or more.
    Failing,
}

impl Verdict {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Gone, Self::Failing].into_iter().find(|verdict| verdict.as_str() == text)
    }
}

/// A receiver of a user's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    pub id: WebhookId,
    pub user: UserId,
    pub url: String,
    pub events: Events,
    pub active: bool,
    pub secret: Secret,
    /// The one before the last rotation, and until when it signs too.
    pub previous: Option<(Secret, Timestamp)>,
    /// Since when it fails, without a success in between.
    pub failing_since: Option<Timestamp>,
    /// How many calls failed since then.
    pub failures: u32,
    /// Why the platform turned it off; `None` where its owner did, or nobody.
    pub disabled: Option<Verdict>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Who has as many as there may be gets no other one.
pub fn full() -> Failure {
    Failure::new(ErrorCode::TooMany, format!("There are {MOST} webhooks already."))
}

/// See `Webhook::origin`.
pub fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find(['/', '?', '#']).map_or(url.len(), |at| host + at);
    &url[..end]
}

/// How a receiver did in an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Well,
    Failed,
    /// 410: it never wants to hear of this again.
    Gone,
}

impl Webhook {
    /// The URL up to its path, `https://ada.example.org`: what others may see, because many receivers are protected by
    /// nothing but a path that nobody knows.
    pub fn origin(&self) -> &str {
        origin(&self.url)
    }

    /// The secrets that sign now, the newest first.
    pub fn signing(&self, at: Timestamp) -> Vec<&Secret> {
        let previous = self.previous.as_ref().filter(|(_, until)| at < *until);
        std::iter::once(&self.secret).chain(previous.map(|(secret, _)| secret)).collect()
    }

    /// A new secret signs from now on, the old one beside it for a day.
    #[must_use]
    pub fn rotated(self, secret: Secret, at: Timestamp) -> Self {
        let previous = Some((self.secret, at.plus(OVERLAP)));
        Self { secret, previous, updated_at: at, ..self }
    }

    /// Turned on or off by its owner; turned on, what went wrong before is forgotten.
    #[must_use]
    pub fn switched(self, active: bool) -> Self {
        if active { Self { active, disabled: None, ..self.well() } } else { Self { active, ..self } }
    }

    fn well(self) -> Self {
        Self { failing_since: None, failures: 0, ..self }
    }

    /// Takes an attempt into account. One that is turned off here says why in `disabled`.
    #[must_use]
    pub fn after(self, health: Health, at: Timestamp) -> Self {
        let (since, failures) = (self.failing_since.unwrap_or(at), self.failures.saturating_add(1));
        let hopeless = at.since(since) >= GIVEN_UP_AFTER && failures >= GIVEN_UP_CALLS;
        let verdict = match health {
            Health::Well => return self.well(),
            Health::Gone => Some(Verdict::Gone),
            Health::Failed => hopeless.then_some(Verdict::Failing),
        };
        let failing = Self { failing_since: Some(since), failures, ..self };
        match verdict {
            Some(verdict) if failing.active => Self { active: false, disabled: Some(verdict), ..failing },
            _ => failing,
        }
    }
}

#[cfg(test)]
pub mod tests {
    use kit::Ambient;

    use super::*;

    pub fn webhook(ambient: &Ambient, url: &str) -> Webhook {
        let at = ambient.now();
        Webhook {
            id: WebhookId::mint(ambient),
            user: UserId::mint(ambient),
            url: url.into(),
            events: Events::All,
            active: true,
            secret: Secret(ambient.bytes::<32>().to_vec()),
            previous: None,
            failing_since: None,
            failures: 0,
            disabled: None,
            created_at: at,
            updated_at: at,
        }
    }

    fn days(days: u64) -> Duration {
        Duration::from_secs(days * 24 * 3_600)
    }

    #[test]
    fn five_days_and_ten_calls_without_a_success_end_a_webhook() {
        let webhook = webhook(&Ambient::system(), "https://example.org/");
        let at = webhook.created_at;
        let fails = |calls| (0..calls).fold(webhook.clone(), |webhook, _| webhook.after(Health::Failed, at));
        assert!(fails(100).active, "all of it is one bad moment");
        let seldom = fails(8).after(Health::Failed, at.plus(days(9)));
        assert!(seldom.active && seldom.failures == 9);
        let failing = fails(8).after(Health::Failed, at.plus(days(4)));
        assert!(failing.active && failing.failing_since == Some(at));
        let well = failing.clone().after(Health::Well, at.plus(days(4))).after(Health::Failed, at.plus(days(5)));
        assert!(well.active);
        let ended = failing.after(Health::Failed, at.plus(days(5)));
        assert_eq!((ended.active, ended.disabled), (false, Some(Verdict::Failing)));
        let again = ended.switched(true).after(Health::Failed, at.plus(days(6)));
        assert_eq!((again.active, again.disabled), (true, None));
    }

    #[test]
    fn one_that_is_gone_ends_at_once() {
        let webhook = webhook(&Ambient::system(), "https://example.org/");
        let at = webhook.created_at;
        let ended = webhook.after(Health::Gone, at);
        assert_eq!((ended.active, ended.disabled), (false, Some(Verdict::Gone)));
    }

    #[test]
    fn an_origin_tells_no_path() {
        assert_eq!(origin("https://a.example:8443/T0/B1/secret?x=y"), "https://a.example:8443");
        assert_eq!((origin("https://a.example"), origin("x")), ("https://a.example", "x"));
    }

    #[test]
    fn the_secret_before_signs_for_a_day() {
        let webhook = webhook(&Ambient::system(), "https://example.org/");
        let (at, old) = (webhook.created_at, webhook.secret.clone());
        let rotated = webhook.rotated(Secret(vec![7; 32]), at);
        assert_eq!(rotated.signing(at), [&Secret(vec![7; 32]), &old]);
        assert_eq!(rotated.signing(at.plus(OVERLAP)), [&Secret(vec![7; 32])]);
        assert_eq!(format!("{old:?}"), "Secret(..)");
    }

    #[test]
    fn events_are_named_and_the_test_is_none_of_them() {
        let named = Events::parse(&["allocation.failed", "allocation.running", "allocation.failed"]).unwrap();
        assert_eq!(named.names(), ["allocation.running", "allocation.failed"]);
        assert!(named.wants(EventType::AllocationFailed) && !named.wants(EventType::AllocationRemoved));
        assert!(Events::parse(&["*"]).unwrap().wants(EventType::UserUpdated));
        for wrong in [&[][..], &["*", "user.updated"], &["webhook.test"], &["allocation.exploded"]] {
            assert_eq!(Events::parse(wrong).unwrap_err().field.as_deref(), Some("events"), "{wrong:?}");
        }
    }
}
