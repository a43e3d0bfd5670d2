//! When a key signs, when the next one is made, and when an old one is forgotten.

use std::time::Duration;

use kit::Timestamp;

/// A key that signs access tokens for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// Names the key in a token's header.
    pub kid: String,
    /// The Ed25519 public key.
    pub public_key: [u8; 32],
    /// The private key, sealed.
    pub sealed: Vec<u8>,
    pub signs_from: Timestamp,
    pub signs_until: Timestamp,
}

/// The longest time between two looks at whether a key is missing. Each is published earlier by as much.
pub const LOOK_EVERY: Duration = Duration::from_secs(300);

/// How long keys live.
#[derive(Clone, Copy, Debug)]
pub struct KeyLives {
    /// How long one signs.
    pub life: Duration,
    /// How long it is published before it signs.
    pub lead: Duration,
    /// How long it is published after it signed its last token; longer than a token lives.
    pub tail: Duration,
}

impl KeyLives {
    /// The time that a key is missing for, from when until when it would sign; `None` while all is well.
    /// `margin` is how long it may take until this is asked again: `LOOK_EVERY`.
    pub fn missing(&self, keys: &[SigningKey], now: Timestamp, margin: Duration) -> Option<(Timestamp, Timestamp)> {
        let last = keys.iter().map(|key| key.signs_until).max().filter(|until| *until > now);
        let from = match last {
            None => now,
            Some(until) if until <= now.plus(self.lead + margin) => until,
            Some(_) => return None,
        };
        Some((from, from.plus(self.life)))
    }

    /// Keys that ended before this are of no use to anybody.
    pub fn forgotten_before(&self, now: Timestamp) -> Timestamp {
        now.minus(self.tail)
    }
}

/// The key that signs now.
pub fn signing(keys: &[SigningKey], now: Timestamp) -> Option<&SigningKey> {
    keys.iter().filter(|key| key.signs_from <= now && now < key.signs_until).max_by_key(|key| key.signs_from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const MARGIN: Duration = Duration::from_secs(300);
    const LIVES: KeyLives = KeyLives { life: Duration::from_secs(720 * 3600), lead: HOUR, tail: HOUR };

    fn at(seconds: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_secs(seconds))
    }

    fn key(kid: &str, from: Timestamp, until: Timestamp) -> SigningKey {
        SigningKey { kid: kid.into(), public_key: [0; 32], sealed: Vec::new(), signs_from: from, signs_until: until }
    }

    #[test]
    fn the_first_key_signs_at_once() {
        assert_eq!(LIVES.missing(&[], at(7), MARGIN), Some((at(7), at(7).plus(LIVES.life))));
    }

    #[test]
    fn the_next_key_is_published_an_hour_before_it_signs_however_late_the_task_runs() {
        let end = at(0).plus(LIVES.life);
        let keys = [key("a", at(0), end)];
        assert_eq!(LIVES.missing(&keys, end.minus(HOUR + MARGIN).minus(Duration::from_secs(1)), MARGIN), None);
        assert_eq!(LIVES.missing(&keys, end.minus(HOUR + MARGIN), MARGIN), Some((end, end.plus(LIVES.life))));
    }

    #[test]
    fn a_platform_that_slept_too_long_gets_a_key_for_now() {
        let keys = [key("a", at(0), at(10))];
        assert_eq!(LIVES.missing(&keys, at(10), MARGIN).map(|(from, _)| from), Some(at(10)));
    }

    #[test]
    fn only_the_key_whose_time_it_is_signs() {
        let keys = [key("a", at(0), at(10)), key("b", at(10), at(20))];
        assert_eq!(signing(&keys, at(9)).map(|key| key.kid.as_str()), Some("a"));
        assert_eq!(signing(&keys, at(10)).map(|key| key.kid.as_str()), Some("b"));
        assert_eq!(signing(&keys, at(20)), None);
    }
}
