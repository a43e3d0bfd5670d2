//! Other services' aggregates as they announced them. Only what a verdict needs is read; the rest is passed on as it came.

use kit::{AllocationId, MachineId, TenantId};

use super::Person;

/// A machine; `message` is a `berth.v1.Machine`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineCopy {
    pub id: MachineId,
    pub deleted: bool,
    pub revision: u64,
    pub message: Vec<u8>,
}

/// An allocation; `message` is a `berth.v1.Allocation`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllocationCopy {
    pub id: AllocationId,
    pub tenant: TenantId,
    pub revision: u64,
    pub message: Vec<u8>,
}

/// What an event does to the read model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    Person(Person),
    Machine(MachineCopy),
    Allocation(AllocationCopy),
}

/// What has revisions: 1, 2, 3 …
pub trait Revised {
    fn revision(&self) -> u64;
}

impl Revised for Person {
    fn revision(&self) -> u64 {
        self.revision
    }
}

impl Revised for MachineCopy {
    fn revision(&self) -> u64 {
        self.revision
    }
}

impl Revised for AllocationCopy {
    fn revision(&self) -> u64 {
        self.revision
    }
}
