//! What may follow what: the states that a user wants and sees, and the work that leads from one to the other.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the owner wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Desired {
    Running,
    Stopped,
    Removed,
}

/// What is. Clients must accept states that they do not know: more will come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Accepted; nothing was done yet.
    Requested,
    /// A site and ports are being found.
    Placing,
    /// Image, volume, network, sandbox and container are being made.
    Creating,
    /// The program was started and is not ready yet.
    Starting,
    Running,
    Stopping,
    Stopped,
    Removing,
    Removed,
    /// It could not be made to run; the reason says why.
    Failed,
    /// The site that had it is gone.
    Lost,
}

/// The ways of work on an allocation, each a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// From nothing to running.
    Create,
    /// From stopped, or from a container that died, to running.
    Start,
    Stop,
    /// A new start of the program in the same sandbox.
    Restart,
    Remove,
}

/// What an owner can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Start,
    Stop,
    Restart,
    Remove,
}

/// What a verb does in the present state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing to do: it is so already, or on the way there.
    Already,
    /// Another work is under way; the wish is noted and followed when that ends.
    Later,
    /// This work begins now, in place of any other.
    Begin(Work),
    /// Not from here: it was removed.
    Removed,
    /// Not now: it is in the middle of another change.
    Busy,
}

impl Desired {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Removed => "removed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Running, Self::Stopped, Self::Removed].into_iter().find(|desired| desired.as_str() == text)
    }
}

impl State {
    pub const ALL: [Self; 11] = [
        Self::Requested,
        Self::Placing,
        Self::Creating,
        Self::Starting,
        Self::Running,
        Self::Stopping,
        Self::Stopped,
        Self::Removing,
        Self::Removed,
        Self::Failed,
        Self::Lost,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Placing => "placing",
            Self::Creating => "creating",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Removing => "removing",
            Self::Removed => "removed",
            Self::Failed => "failed",
            Self::Lost => "lost",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// How long it may last; `None` for states that last.
    pub const fn deadline(self) -> Option<Duration> {
        match self {
            Self::Requested | Self::Placing => Some(Duration::from_secs(60)),
            Self::Creating => Some(Duration::from_secs(15 * 60)),
            Self::Starting => Some(Duration::from_secs(31 * 60)),
            Self::Stopping => Some(Duration::from_secs(2 * 60)),
            Self::Removing => Some(Duration::from_secs(5 * 60)),
            Self::Running | Self::Stopped | Self::Removed | Self::Failed | Self::Lost => None,
        }
    }

    pub const fn is_transient(self) -> bool {
        self.deadline().is_some()
    }

    /// Whether a change may lead from here to `next`.
    pub const fn may_become(self, next: Self) -> bool {
        use State::{
            Creating, Failed, Lost, Placing, Removed, Removing, Requested, Running, Starting, Stopped, Stopping,
        };
        match (self, next) {
            (Removed, _)
            | (_, Requested)
            | (Removing, Placing | Creating | Starting | Running | Stopping | Stopped) => false,
            (_, Removing | Failed | Lost)
            | (Removing, Removed)
            | (Requested | Placing | Failed | Lost, Placing)
            | (Placing | Creating, Creating)
            | (Creating | Running | Stopped | Starting | Failed | Lost | Stopping, Starting)
            | (Starting, Running)
            | (Running | Starting | Failed | Lost | Stopping, Stopping)
            | (Stopping | Failed, Stopped) => true,
            (_, Placing | Creating | Running | Stopping | Stopped | Removed) => false,
            (Requested | Placing, Starting) => false,
        }
    }

    /// Whether, without a new wish, it can still become `goal`: a wait for what cannot come ends at once.
    pub const fn can_reach(self, goal: Self, desired: Desired) -> bool {
        match (desired, goal) {
            (Desired::Running, State::Running) | (Desired::Stopped, State::Stopped) => {
                self.is_transient() || matches!(self, State::Running | State::Stopped)
            }
            (Desired::Removed, State::Removed) => true,
            _ => self.is_transient() && goal.is_transient(),
        }
    }
}

impl Work {
    pub const ALL: [Self; 5] = [Self::Create, Self::Start, Self::Stop, Self::Restart, Self::Remove];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Remove => "remove",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|work| work.as_str() == text)
    }

    /// The state that its beginning brings.
    pub const fn first_state(self) -> State {
        match self {
            Self::Create => State::Placing,
            Self::Start | Self::Restart => State::Starting,
            Self::Stop => State::Stopping,
            Self::Remove => State::Removing,
        }
    }
}

impl Verb {
    /// What the verb leaves the owner wanting.
    pub const fn desired(self) -> Desired {
        match self {
            Self::Start | Self::Restart => Desired::Running,
            Self::Stop => Desired::Stopped,
            Self::Remove => Desired::Removed,
        }
    }
}

/// What a verb does. `working` says whether a saga is under way, `ever_ran` whether it has been running before:
/// a failure before that gave everything back, so that its next start is a creation.
pub const fn decide(verb: Verb, state: State, desired: Desired, working: bool, ever_ran: bool) -> Decision {
    let revive = if ever_ran { Work::Start } else { Work::Create };
    match (verb, state) {
        (Verb::Remove, State::Removed | State::Removing) => Decision::Already,
        (Verb::Remove, _) => Decision::Begin(Work::Remove),
        (_, State::Removed | State::Removing) => Decision::Removed,
        (Verb::Restart, _) if working => Decision::Busy,
        (_, _) if working && same(desired, verb.desired()) => Decision::Already,
        (_, _) if working => Decision::Later,
        (Verb::Start, State::Running) | (Verb::Stop, State::Stopped) => Decision::Already,
        (Verb::Restart, State::Running) => Decision::Begin(Work::Restart),
        // What failed before it ever ran has nothing left to stop: only the wish is noted.
        (Verb::Stop, State::Failed | State::Lost) if !ever_ran => Decision::Already,
        (Verb::Stop, _) => Decision::Begin(Work::Stop),
        (Verb::Start | Verb::Restart, _) => Decision::Begin(revive),
    }
}

/// What follows when a work has ended in `state` and the owner wants something else by now.
pub const fn follow_up(state: State, desired: Desired) -> Option<Work> {
    match (state, desired) {
        (State::Removed, _) => None,
        (_, Desired::Removed) => Some(Work::Remove),
        (State::Running, Desired::Stopped) => Some(Work::Stop),
        (State::Stopped, Desired::Running) => Some(Work::Start),
        _ => None,
    }
}

const fn same(one: Desired, other: Desired) -> bool {
    matches!(
        (one, other),
        (Desired::Running, Desired::Running)
            | (Desired::Stopped, Desired::Stopped)
            | (Desired::Removed, Desired::Removed)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        assert!(State::ALL.iter().all(|state| State::parse(state.as_str()) == Some(*state)));
        assert!(Work::ALL.iter().all(|work| Work::parse(work.as_str()) == Some(*work)));
    }

    #[test]
    fn removal_is_possible_from_everywhere_and_final() {
        for state in State::ALL.into_iter().filter(|state| *state != State::Removed) {
            assert!(state.may_become(State::Removing), "{state:?}");
            let decision = decide(Verb::Remove, state, Desired::Running, true, true);
            assert!(matches!(decision, Decision::Begin(Work::Remove) | Decision::Already), "{state:?}");
        }
        assert!(State::ALL.iter().all(|next| !State::Removed.may_become(*next)));
    }

    #[test]
    fn every_works_first_state_can_be_entered_where_the_work_begins() {
        for verb in [Verb::Start, Verb::Stop, Verb::Restart, Verb::Remove] {
            for state in State::ALL {
                for ever_ran in [false, true] {
                    // Before the first run there is no running or stopped, and only transient states have work under way.
                    let possible = ever_ran || !matches!(state, State::Running | State::Stopped | State::Stopping);
                    let settled = !state.is_transient();
                    if let (true, true, Decision::Begin(work)) =
                        (possible, settled, decide(verb, state, Desired::Running, false, ever_ran))
                    {
                        assert!(state.may_become(work.first_state()), "{verb:?} in {state:?}: {work:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_wish_during_work_waits_and_a_repeat_is_one() {
        let decide = |verb| decide(verb, State::Starting, Desired::Running, true, false);
        assert_eq!(decide(Verb::Stop), Decision::Later);
        assert_eq!(decide(Verb::Start), Decision::Already);
        assert_eq!(decide(Verb::Restart), Decision::Busy);
        assert_eq!(follow_up(State::Running, Desired::Stopped), Some(Work::Stop));
    }

    #[test]
    fn a_failure_before_the_first_run_starts_from_nothing() {
        assert_eq!(decide(Verb::Start, State::Failed, Desired::Running, false, false), Decision::Begin(Work::Create));
        assert_eq!(decide(Verb::Start, State::Failed, Desired::Running, false, true), Decision::Begin(Work::Start));
    }

    #[test]
    fn a_wait_for_what_cannot_come_ends() {
        assert!(!State::Failed.can_reach(State::Running, Desired::Running));
        assert!(State::Creating.can_reach(State::Running, Desired::Running));
        assert!(!State::Running.can_reach(State::Stopped, Desired::Running));
    }
}
