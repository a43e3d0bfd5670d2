//! One-time codes: how long one lives, how often it may be tried, how often one may be asked for.

use std::net::IpAddr;
use std::time::Duration;

use kit::{Ambient, ErrorCode, EventId, Failure, Timestamp};

use super::{Email, Secrets};

/// What a code is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Proves the e-mail address.
    Verify,
    /// Sets a new password.
    Reset,
    /// Proves the address that an account shall have from then on.
    Email,
}

impl Purpose {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
            Self::Email => "email",
        }
    }
}

/// How a code reaches its user.
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

/// The numbers. Tries and sends are counted per code and per e-mail address.
#[derive(Clone, Copy, Debug)]
pub struct CodeRules {
    pub life: Duration,
    /// Tries of one client's network, then of all, before the code is void.
    pub tries_per_address: u32,
    pub tries: u32,
    /// The least time between two codes for one e-mail address.
    pub pause: Duration,
    /// The most codes in an hour for one e-mail address.
    pub per_hour: u32,
}

/// The window that `per_hour` counts in.
pub const HOUR: Duration = Duration::from_secs(3600);

impl CodeRules {
    /// Whether another code may go out. `sent` are the times of the last hour, in any order.
    /// `CodeTooSoon` with the seconds that are left.
    pub fn may_send(&self, sent: &[Timestamp], now: Timestamp) -> Result<(), Failure> {
        let recent: Vec<Timestamp> = sent.iter().copied().filter(|at| now.since(*at) < HOUR).collect();
        let after_last = recent.iter().max().map(|last| last.plus(self.pause));
        let mut oldest_first = recent.clone();
        oldest_first.sort();
        let full = oldest_first.len().checked_sub(self.per_hour as usize);
        let after_hour = full.and_then(|surplus| oldest_first.get(surplus)).map(|at| at.plus(HOUR));
        match after_last.max(after_hour).filter(|free| *free > now) {
            None => Ok(()),
            Some(free) => Err(Self::too_soon(free.since(now))),
        }
    }

    /// What is told to who has to wait for so long.
    pub fn too_soon(wait: Duration) -> Failure {
        let seconds = u32::try_from(wait.as_micros().div_ceil(1_000_000)).unwrap_or(u32::MAX);
        let told = format!("A code was asked for a moment ago; ask again in {seconds} s.");
        Failure::new(ErrorCode::CodeTooSoon, told).retry_after(seconds)
    }

    /// Whether a code that was tried so often may be tried once more.
    pub const fn may_try(&self, by_address: u32, by_all: u32) -> bool {
        by_address < self.tries_per_address && by_all < self.tries
    }
}

/// A code that goes out: what the store keeps and what notification gets. The code itself is in neither.
#[derive(Clone, Debug)]
pub struct NewCode {
    /// Names the request to notification.
    pub request: EventId,
    pub purpose: Purpose,
    pub channel: Channel,
    pub hash: [u8; 32],
    pub sealed: Vec<u8>,
    /// The e-mail address, as the throttle keeps it.
    pub recipient: [u8; 32],
    pub at: Timestamp,
    pub expires_at: Timestamp,
}

impl NewCode {
    /// Draws six digits for an address that need not exist; they go there by mail.
    pub fn draw(ambient: &Ambient, secrets: &Secrets, rules: &CodeRules, email: &Email, purpose: Purpose) -> Self {
        let code = format!("{:06}", ambient.below(1_000_000));
        let request = EventId::mint(ambient);
        let at = ambient.now();
        Self {
            request,
            purpose,
            channel: Channel::Email,
            hash: secrets.code_hash(email, purpose, &code),
            sealed: secrets.seal_code(ambient, request, &code),
            recipient: secrets.recipient(email),
            at,
            expires_at: at.plus(rules.life),
        }
    }
}

/// Somebody tries a code.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub email: Email,
    pub purpose: Purpose,
    pub hash: [u8; 32],
    pub from: IpAddr,
    pub at: Timestamp,
}

/// The one answer to every code that does not fit, whatever the reason: no reason helps a guesser.
pub fn code_invalid() -> Failure {
    Failure::new(ErrorCode::CodeInvalid, "The code is wrong, was used, or has run out. Ask for a new one.").field("otp")
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: CodeRules =
        CodeRules { life: HOUR, tries_per_address: 5, tries: 25, pause: Duration::from_secs(60), per_hour: 5 };

    fn at(seconds: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_secs(seconds))
    }

    fn wait(sent: &[u64], now: u64) -> Option<u32> {
        let sent: Vec<Timestamp> = sent.iter().map(|seconds| at(*seconds)).collect();
        RULES.may_send(&sent, at(now)).err().map(|failure| failure.retry_after.unwrap())
    }

    #[test]
    fn a_second_code_waits_for_what_is_left_of_the_minute() {
        assert_eq!(wait(&[], 0), None);
        assert_eq!(wait(&[1_000], 1_000), Some(60));
        assert_eq!(wait(&[1_000], 1_059), Some(1));
        assert_eq!(wait(&[1_000], 1_060), None);
    }

    #[test]
    fn a_sixth_code_waits_until_the_first_is_an_hour_old() {
        assert_eq!(wait(&[300, 0, 100, 200, 400], 500), Some(3_100));
        assert_eq!(wait(&[0, 100, 200, 300, 400], 3_599), Some(1));
        assert_eq!(wait(&[0, 100, 200, 300, 400], 3_600), None);
        assert_eq!(wait(&[0, 100, 200, 300], 500), None);
    }

    #[test]
    fn more_than_allowed_in_the_hour_waits_for_the_surplus_too() {
        assert_eq!(wait(&[0, 100, 200, 300, 400, 500], 3_590), Some(110));
    }

    #[test]
    fn tries_end_per_address_and_in_all() {
        assert!(RULES.may_try(4, 24));
        assert!(!RULES.may_try(5, 5));
        assert!(!RULES.may_try(0, 25));
    }
}
