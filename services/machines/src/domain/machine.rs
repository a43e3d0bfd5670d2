//! A machine through its life: made, changed, deleted. Each step is one revision, which is what `If-Match` names.

use kit::machine::MachineSpec;
use kit::{Act, Caller, ErrorCode, Failure, MachineId, Timestamp, UserId};

/// What an admin says about a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub spec: MachineSpec,
    /// Whether new allocations can be made of it.
    pub active: bool,
}

/// A catalogue entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    pub id: MachineId,
    pub offer: Offer,
    pub deleted: bool,
    /// 1, 2, 3 …, one up with every change.
    pub revision: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Who brought a change about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// With the act that is recorded beside the change.
    Admin(UserId, Box<Act>),
    /// The import at first start.
    Platform,
}

impl Cause {
    /// An admin's act on a machine; `action` is `machine.create`, `.update` or `.delete`.
    pub fn admin(caller: &Caller, action: &str, machine: &Machine) -> Self {
        let act = Act::by(caller, action, "machine", machine.id).as_admin(None);
        Self::Admin(caller.user, Box::new(act.detail("name", &machine.offer.spec.name)))
    }

    /// With one more word about what was done; the platform's own doings have no record to put it in.
    #[must_use]
    pub fn detail(self, name: &str, value: &str) -> Self {
        match self {
            Self::Admin(user, act) => Self::Admin(user, Box::new(act.detail(name, value))),
            Self::Platform => Self::Platform,
        }
    }

    pub const fn actor(&self) -> Option<UserId> {
        match self {
            Self::Admin(user, _) => Some(*user),
            Self::Platform => None,
        }
    }

    pub fn act(&self) -> Option<&Act> {
        match self {
            Self::Admin(_, act) => Some(act),
            Self::Platform => None,
        }
    }
}

/// The revision that a change was thought up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    Any,
    Revision(u64),
}

impl Machine {
    /// The first revision. `InvalidInput` with the field where the description breaks a rule.
    pub fn create(id: MachineId, offer: Offer, at: Timestamp) -> Result<Self, Failure> {
        offer.spec.validate()?;
        Ok(Self { id, offer, deleted: false, revision: 1, created_at: at, updated_at: at })
    }

    /// The next revision with another offer; `None` where the offer is what stands there already.
    pub fn update(&self, offer: Offer, at: Timestamp) -> Result<Option<Self>, Failure> {
        offer.spec.validate()?;
        Ok((offer != self.offer).then(|| Self { offer, ..self.next(at) }))
    }

    /// The last revision.
    #[must_use]
    pub fn delete(&self, at: Timestamp) -> Self {
        Self { deleted: true, ..self.next(at) }
    }

    fn next(&self, at: Timestamp) -> Self {
        // A clock that steps back must not make a change look older than what it changed.
        Self { revision: self.revision + 1, updated_at: at.max(self.updated_at), ..self.clone() }
    }
}

impl Expected {
    /// `RevisionMismatch` where somebody else was faster.
    pub fn check(self, machine: &Machine) -> Result<(), Failure> {
        match self {
            Self::Revision(revision) if revision != machine.revision => Err(Failure::new(
                ErrorCode::RevisionMismatch,
                format!("The machine is at revision {}, not {revision}.", machine.revision),
            )),
            Self::Any | Self::Revision(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use kit::Ambient;

    fn machine() -> Machine {
        Machine::create(MachineId::mint(&Ambient::system()), samples::offer("redis"), Timestamp::from_micros(5))
            .unwrap()
    }

    #[test]
    fn a_change_is_the_next_revision_and_no_change_is_none() {
        let first = machine();
        assert_eq!(first.update(first.offer.clone(), Timestamp::from_micros(9)).unwrap(), None);
        let offer = Offer { active: false, ..first.offer.clone() };
        let second = first.update(offer, Timestamp::from_micros(9)).unwrap().unwrap();
        assert_eq!((second.revision, second.updated_at.as_micros(), second.created_at), (2, 9, first.created_at));
    }

    #[test]
    fn a_clock_that_steps_back_does_not_age_a_change() {
        assert_eq!(machine().delete(Timestamp::from_micros(1)).updated_at.as_micros(), 5);
    }

    #[test]
    fn what_breaks_a_rule_is_refused_with_its_field() {
        let first = machine();
        let mut offer = first.offer.clone();
        offer.spec.image = "no image".into();
        let refused = first.update(offer, Timestamp::EPOCH).unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::InvalidInput, Some("image")));
    }

    #[test]
    fn only_the_present_revision_may_be_changed() {
        let first = machine();
        assert!(Expected::Any.check(&first).is_ok() && Expected::Revision(1).check(&first).is_ok());
        assert_eq!(Expected::Revision(2).check(&first).unwrap_err().code, ErrorCode::RevisionMismatch);
    }
}
