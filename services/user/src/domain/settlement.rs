//! What becomes of a closed account's things elsewhere: a suspended one's stand still, a leaving one's go.

use std::time::Duration;

use kit::{TenantId, Timestamp, UserId};

/// How a tenant's allocations shall end up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The account is suspended: containers stop, all else stays.
    Stopped,
    /// The account goes, with everything.
    Removed,
}

impl Wish {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Removed => "removed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Stopped, Self::Removed].into_iter().find(|wish| wish.as_str() == text)
    }
}

/// Work on one account that is not done yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    pub user: UserId,
    pub tenant: TenantId,
    pub wish: Wish,
    /// Who brought it about: an admin, or the user.
    pub actor: UserId,
    /// When the account was closed.
    pub asked_at: Timestamp,
}

/// Who works on an account: one go of one replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worker(pub [u8; 16]);

/// How long after an account was closed a request of its user may still be at work elsewhere: those who trust tokens hear
/// of closings within 5 s, and what they let in before takes a moment.
const STRAGGLERS: Duration = Duration::from_secs(10);

impl Settlement {
    /// Whether "nothing is left" is the last word: before, something may still be begun.
    pub fn is_final(&self, now: Timestamp) -> bool {
        now.since(self.asked_at) >= STRAGGLERS
    }
}

#[cfg(test)]
mod tests {
    use kit::Ambient;

    use super::*;

    #[test]
    fn nothing_left_is_the_last_word_only_when_nobody_can_begin_anything() {
        let ambient = Ambient::system();
        let (user, asked_at) = (UserId::mint(&ambient), ambient.now());
        let work = Settlement { user, tenant: TenantId::mint(&ambient), wish: Wish::Removed, actor: user, asked_at };
        assert!(!work.is_final(asked_at) && !work.is_final(asked_at.plus(STRAGGLERS / 2)));
        assert!(work.is_final(asked_at.plus(STRAGGLERS)));
    }

    #[test]
    fn a_wish_survives_its_text() {
        for wish in [Wish::Stopped, Wish::Removed] {
            assert_eq!(Wish::parse(wish.as_str()), Some(wish));
        }
        assert_eq!(Wish::parse("paused"), None);
    }
}
