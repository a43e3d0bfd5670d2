//! API keys: what one is called, what it may do, and how long it lives.

use std::collections::BTreeSet;
use std::time::Duration;

use kit::{ApiKeyId, Failure, Scope, TenantId, Timestamp, UserId};

use super::User;

/// The most keys that one user has, expired ones included while they are listed.
pub const MOST_KEYS: u32 = 50;
/// How long an expired key stays in the list, so that its owner sees why a program stopped working.
pub const EXPIRED_LISTED: Duration = days(30);
const LONGEST_LIFE: Duration = days(366);
/// How exactly the last use is known: a busy key must not cost a write for each call.
const USE_STEP: Duration = Duration::from_secs(60);
/// How many of a key's last characters are kept, to tell it by.
const HINT: usize = 4;

const fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 3600)
}

/// What a user calls a key: 1 to 63 visible characters, with spaces inside. Trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyName(String);

impl KeyName {
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        let fits = (1..=63).contains(&text.chars().count()) && text.chars().all(is_visible);
        let rule = "A key's name has 1 to 63 visible characters.";
        if fits { Ok(Self(text.to_owned())) } else { Err(Failure::invalid("name", rule)) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Two names that look the same are the same: nothing in one is without width or turns the direction of writing.
fn is_visible(c: char) -> bool {
    let formats = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    c == ' ' || !(c.is_control() || c.is_whitespace() || formats)
}

/// A key as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub user: UserId,
    /// The only tenant that it opens.
    pub tenant: TenantId,
    pub name: KeyName,
    /// The last characters of its text.
    pub hint: String,
    pub scopes: Vec<Scope>,
    pub created_at: Timestamp,
    /// `None` for a key that lives until it is revoked.
    pub expires_at: Option<Timestamp>,
    /// To the minute.
    pub last_used_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether its last use is so long ago that this one is worth a write.
    pub fn is_use_new(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|at| now.since(at) >= USE_STEP)
    }
}

/// A key that is about to be kept.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    pub id: ApiKeyId,
    pub tenant: TenantId,
    pub name: KeyName,
    pub hint: String,
    /// `kit::api_key::hash` of its text.
    pub hash: [u8; 32],
    pub scopes: Vec<Scope>,
    pub at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

/// What is shown of a key's text ever after.
pub fn hint(text: &str) -> String {
    let shown = text.char_indices().nth_back(HINT - 1).map_or(0, |(at, _)| at);
    text[shown..].to_owned()
}

/// The scopes that a wish names, each once, in the order of the table. At least one.
pub fn scopes(texts: &[String]) -> Result<Vec<Scope>, Failure> {
    let wrong = |detail: String| Failure::invalid("scopes", detail);
    let scopes: Result<BTreeSet<Scope>, _> = texts.iter().map(|text| text.parse::<Scope>()).collect();
    let scopes = scopes.map_err(|unknown| wrong(format!("A key's scopes are words of a list: {unknown}.")))?;
    if scopes.is_empty() {
        return Err(wrong("A key has at least one scope: without any it could do nothing.".to_owned()));
    }
    Ok(scopes.into_iter().collect())
}

/// Scopes as one text: words with a space between, as OAuth 2.0 writes them (RFC 6749, section 3.3).
pub fn words(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
}

/// When a new key shall end: in the future, and within 366 days.
pub fn expiry(at: Option<Timestamp>, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
    let fits = at.is_none_or(|at| at > now && at <= now.plus(LONGEST_LIFE));
    let rule = "A key expires in the future, at most 366 days from now; leave `expires_at` out for one that does not.";
    if fits { Ok(at) } else { Err(Failure::invalid("expires_at", rule)) }
}

/// Whether a user's keys open anything.
pub const fn may_call(user: &User) -> bool {
    user.verified && user.is_open()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_name_is_what_people_can_see() {
        assert_eq!(KeyName::parse(" Löschroboter 2 ").unwrap().as_str(), "Löschroboter 2");
        assert!(KeyName::parse(&"ö".repeat(63)).is_ok());
        for text in ["", "  ", "a\tb", "a\nb", "a\u{200b}b", "\u{202e}ab", "a\u{a0}b", &"x".repeat(64)] {
            assert_eq!(KeyName::parse(text).unwrap_err().field.as_deref(), Some("name"), "{text:?}");
        }
    }

    #[test]
    fn scopes_are_known_ones_each_once() {
        let twice = texts(&["logs:read", "profile:read", "logs:read"]);
        assert_eq!(scopes(&twice).unwrap(), [Scope::ProfileRead, Scope::LogsRead]);
        for wrong in [texts(&[]), texts(&["logs:read", "logs:write"]), texts(&[""])] {
            assert_eq!(scopes(&wrong).unwrap_err().field.as_deref(), Some("scopes"), "{wrong:?}");
        }
    }

    #[test]
    fn a_key_ends_within_366_days_or_not_at_all() {
        let now = Timestamp::from_micros(1_767_225_600_000_000);
        for fits in [None, Some(now.plus(Duration::from_micros(1))), Some(now.plus(LONGEST_LIFE))] {
            assert_eq!(expiry(fits, now).unwrap(), fits);
        }
        for wrong in [now, now.minus(USE_STEP), now.plus(LONGEST_LIFE + Duration::from_micros(1))] {
            assert_eq!(expiry(Some(wrong), now).unwrap_err().field.as_deref(), Some("expires_at"));
        }
    }

    #[test]
    fn a_hint_is_the_last_four_characters() {
        assert_eq!((hint("berth_abcdefgh").as_str(), hint("abc").as_str()), ("efgh", "abc"));
    }
}
