//! How much was said of a machine, in numbers.

use kit::MachineId;

/// One machine's counts; a machine that nobody spoke of has zeroes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub machine: MachineId,
    pub likes: u64,
    pub dislikes: u64,
    pub comments: u64,
}

impl Counts {
    /// The most machines that one question may name.
    pub const MOST: usize = 200;

    pub const fn none(machine: MachineId) -> Self {
        Self { machine, likes: 0, dislikes: 0, comments: 0 }
    }
}
