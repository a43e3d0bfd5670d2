//! What becomes of a tenant's allocations when its account is suspended or goes.

use super::allocation::Allocation;
use super::lifecycle::{Desired, State, Verb};

/// What all of them are wished to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    Stopped,
    Removed,
}

impl Settlement {
    pub const fn verb(self) -> Verb {
        match self {
            Self::Stopped => Verb::Stop,
            Self::Removed => Verb::Remove,
        }
    }

    /// Whether it is wished already. A removal is forced, so that it ends whatever the engine says.
    pub fn is_wished(self, allocation: &Allocation) -> bool {
        match self {
            Self::Stopped => allocation.desired != Desired::Running,
            Self::Removed => allocation.desired == Desired::Removed && allocation.details.force,
        }
    }

    /// Whether nothing is left to wait for. What failed or was lost runs no more than what was stopped.
    pub fn is_reached(self, allocation: &Allocation) -> bool {
        match (self, allocation.state) {
            (_, State::Removed) => true,
            (Self::Stopped, State::Stopped | State::Failed | State::Lost) => {
                self.is_wished(allocation) && !allocation.working
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    fn allocation(state: State, desired: Desired) -> Allocation {
        Allocation { state, desired, working: false, ..fixtures::allocation().0 }
    }

    #[test]
    fn what_stands_still_is_stopped_and_only_what_is_removed_is_removed() {
        for state in State::ALL {
            let stopped = Settlement::Stopped.is_reached(&allocation(state, Desired::Stopped));
            assert_eq!(
                stopped,
                matches!(state, State::Stopped | State::Failed | State::Lost | State::Removed),
                "{state:?}"
            );
            let removed = Settlement::Removed.is_reached(&allocation(state, Desired::Removed));
            assert_eq!(removed, state == State::Removed, "{state:?}");
        }
    }

    #[test]
    fn what_may_run_again_is_not_settled() {
        let failed = allocation(State::Failed, Desired::Running);
        assert!(!Settlement::Stopped.is_wished(&failed) && !Settlement::Stopped.is_reached(&failed));
        let starting = Allocation { working: true, ..allocation(State::Stopped, Desired::Stopped) };
        assert!(!Settlement::Stopped.is_reached(&starting));
    }

    #[test]
    fn a_removal_that_is_not_forced_is_wished_again() {
        let mut removing = allocation(State::Removing, Desired::Removed);
        assert!(!Settlement::Removed.is_wished(&removing) && Settlement::Stopped.is_wished(&removing));
        removing.details.force = true;
        assert!(Settlement::Removed.is_wished(&removing));
    }
}
