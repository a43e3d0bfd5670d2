//! The five works, each a table of steps.

use super::steps::{container, image, network, nothing, port_lease, readiness, sandbox, volume};
use super::{Act, Step};
use crate::domain::lifecycle::{State, Work};

const fn step(name: &'static str, state: State, run: Act, undo: Act) -> Step {
    Step { name, state, run, undo }
}

/// From nothing to running. Undone, nothing is left.
pub static CREATE: &[Step] = &[
    step("port_lease", State::Placing, port_lease::lease, nothing),
    step("image_ensure", State::Creating, image::ensure, nothing),
    step("volume_create", State::Creating, volume::ensure, volume::remove),
    step("network_ensure", State::Creating, network::ensure, network::release),
    step("sandbox_create", State::Creating, sandbox::ensure, sandbox::remove),
    step("container_create", State::Creating, container::ensure, container::remove),
    step("container_start", State::Starting, container::start, nothing),
    step("readiness_wait", State::Starting, readiness::wait, nothing),
];

/// From stopped, or from a container that is gone, to running. Undone, it is stopped and keeps its volumes and ports.
pub static START: &[Step] = &[
    step("port_lease", State::Starting, port_lease::lease, nothing),
    step("image_ensure", State::Starting, image::ensure, nothing),
    step("volume_create", State::Starting, volume::ensure, nothing),
    step("network_ensure", State::Starting, network::ensure, nothing),
    step("sandbox_create", State::Starting, sandbox::ensure, sandbox::stop),
    step("container_create", State::Starting, container::ensure, nothing),
    step("container_start", State::Starting, container::start, container::stop),
    step("readiness_wait", State::Starting, readiness::wait, nothing),
];

/// The program ends by itself or is ended; then the sandbox stops, so that the port closes.
pub static STOP: &[Step] = &[
    step("container_stop", State::Stopping, container::stop, nothing),
    step("sandbox_stop", State::Stopping, sandbox::stop, nothing),
];

/// A new start of the program; the sandbox, and with it network and port, stays.
pub static RESTART: &[Step] = &[
    step("container_stop", State::Starting, container::stop, nothing),
    step("sandbox_create", State::Starting, sandbox::restore, sandbox::stop),
    step("container_start", State::Starting, container::start, container::stop),
    step("readiness_wait", State::Starting, readiness::wait, nothing),
];

/// Everything goes.
pub static REMOVE: &[Step] = &[
    step("container_remove", State::Removing, container::remove, nothing),
    step("sandbox_remove", State::Removing, sandbox::remove, nothing),
    step("network_release", State::Removing, network::release, nothing),
    step("volume_remove", State::Removing, volume::remove, nothing),
    step("log_forget", State::Removing, container::forget_log, nothing),
];

/// The steps of a work.
pub const fn steps(work: Work) -> &'static [Step] {
    match work {
        Work::Create => CREATE,
        Work::Start => START,
        Work::Stop => STOP,
        Work::Restart => RESTART,
        Work::Remove => REMOVE,
    }
}

/// The state that a work ends in when all went well.
pub const fn goal(work: Work) -> State {
    match work {
        Work::Create | Work::Start | Work::Restart => State::Running,
        Work::Stop => State::Stopped,
        Work::Remove => State::Removed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_table_leads_from_its_first_state_to_its_goal() {
        for work in Work::ALL {
            let mut state = work.first_state();
            for step in steps(work) {
                assert!(state == step.state || state.may_become(step.state), "{work:?} at {}", step.name);
                state = step.state;
            }
            assert!(state.may_become(goal(work)), "{work:?}");
        }
    }

    #[test]
    fn step_names_are_told_apart() {
        for work in Work::ALL {
            let names: std::collections::BTreeSet<_> = steps(work).iter().map(|step| step.name).collect();
            assert_eq!(names.len(), steps(work).len(), "{work:?}");
        }
    }
}
