//! The audit list: who did what to which from where, how it is searched, and what of it each may see.

use kit::{Act, EventId, Failure, TenantId, Timestamp, UserId};

/// Something that somebody did, as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// The id of the event that told of it: a repeat is the same entry.
    pub id: EventId,
    pub at: Timestamp,
    pub act: Act,
}

impl AuditEntry {
    /// As this user may see it: where an admin worked from is nobody else's business.
    #[must_use]
    pub fn seen_by(mut self, user: UserId) -> Self {
        if self.act.as_admin && self.act.actor != Some(user) {
            self.act.address = None;
        }
        self
    }
}

/// One action, or all whose names begin alike: `allocation.stop`, `allocation.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionFilter {
    Exactly(String),
    /// Ends in a dot.
    Below(String),
}

impl ActionFilter {
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.');
        if !(1..=64).contains(&text.len()) || text.starts_with('.') || !text.bytes().all(plain) {
            let rule = "An action is written `allocation.stop`, or `allocation.` for all that begin so.";
            return Err(Failure::invalid("action", rule));
        }
        Ok(if text.ends_with('.') { Self::Below(text.to_owned()) } else { Self::Exactly(text.to_owned()) })
    }
}

/// What everybody may search by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActFilter {
    pub action: Option<ActionFilter>,
    pub subject_kind: Option<String>,
    pub subject_id: Option<String>,
    /// Done then or later.
    pub since: Option<Timestamp>,
    /// Done before.
    pub until: Option<Timestamp>,
}

/// What admins may search by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub actor: Option<UserId>,
    pub tenant: Option<TenantId>,
    pub act: ActFilter,
}

#[cfg(test)]
mod tests {
    use kit::Ambient;

    use super::*;

    #[test]
    fn an_action_is_one_or_all_of_a_kind() {
        assert_eq!(ActionFilter::parse("user.login").unwrap(), ActionFilter::Exactly("user.login".into()));
        assert_eq!(ActionFilter::parse("user.").unwrap(), ActionFilter::Below("user.".into()));
        for text in ["", ".", "User.login", "user%", "user login", &"a".repeat(65)] {
            assert_eq!(ActionFilter::parse(text).unwrap_err().field.as_deref(), Some("action"), "{text}");
        }
    }

    #[test]
    fn an_admins_address_is_for_that_admin_only() {
        let ambient = Ambient::system();
        let (admin, owner) = (UserId::mint(&ambient), UserId::mint(&ambient));
        let act = Act {
            actor: Some(admin),
            address: "192.0.2.1".parse().ok(),
            ..Act::anonymous("allocation.stop", "allocation", "a")
        };
        let own = AuditEntry { id: EventId::mint(&ambient), at: ambient.now(), act };
        let forced = AuditEntry { act: own.act.clone().as_admin(None), ..own.clone() };
        assert_eq!(forced.clone().seen_by(owner).act.address, None);
        assert_eq!(forced.clone().seen_by(admin), forced);
        assert_eq!(own.clone().seen_by(owner), own);
    }
}
