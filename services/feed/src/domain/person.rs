//! What the feed knows of users: the name that others see, who is gone, and who has run what.

use kit::{MachineId, UserId};

/// A user as their newest event tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub user: UserId,
    pub life: Life,
    pub revision: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Life {
    /// With the name that others see.
    Here(String),
    /// Asked to go: shown as deleted, while their things are still being removed.
    Leaving,
    /// Deleted: their likes and badges go, their comments stay without a name.
    Gone,
}

/// What an event of another service does to the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    Person(Person),
    /// An allocation of this machine ran for this user.
    HasRun(UserId, MachineId),
}

impl Effect {
    /// Whom it is about.
    pub const fn user(&self) -> UserId {
        match self {
            Self::Person(person) => person.user,
            Self::HasRun(user, _) => *user,
        }
    }
}

/// How a comment's author is known when it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    Named(String),
    /// The event that names them is under way.
    Unknown,
    Deleted,
}

/// Who wrote a comment, as the feed knows them now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    pub user: UserId,
    pub presence: Presence,
    /// Whether an allocation of theirs of this machine ever ran.
    pub has_run: bool,
}

impl Author {
    /// What others see in the place of the name.
    pub fn name(&self) -> &str {
        match &self.presence {
            Presence::Named(name) => name,
            Presence::Unknown => "somebody",
            Presence::Deleted => "deleted user",
        }
    }

    pub fn is_deleted(&self) -> bool {
        self.presence == Presence::Deleted
    }
}

/// The first name and the last one's initial: `Ada L.`.
pub fn shown_name(first: &str, last: &str) -> String {
    match last.trim().chars().next() {
        Some(initial) => format!("{} {}.", first.trim(), initial.to_uppercase()),
        None => first.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_name_is_an_initial() {
        assert_eq!(shown_name("Ada", "Lovelace"), "Ada L.");
        assert_eq!(shown_name("Émilie", "du Châtelet"), "Émilie D.");
        assert_eq!(shown_name(" Plato ", " "), "Plato");
    }
}
