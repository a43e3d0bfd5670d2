//! The works on an allocation as tables of steps, and the driver that walks them. A table is read downwards to do and
//! upwards to undo. An undo also runs for the step that failed, and is right when that never began; an undo that fails
//! is left to the reconciler, never stuck.

pub mod driver;
pub mod steps;
pub mod tables;
#[cfg(test)]
mod tests;

use futures::future::BoxFuture;
use kit::{Ambient, Failure};

use crate::domain::allocation::{Allocation, PropertyValues};
use crate::domain::lifecycle::State;
use crate::ports::{AllocationFleet, Command, Engine, Progress, Ticket};

/// What a step works with and on.
pub struct Scene<'a> {
    pub fleet: &'a dyn AllocationFleet,
    pub engine: &'a dyn Engine,
    pub ambient: &'a Ambient,
    pub ticket: &'a Ticket,
    pub allocation: Allocation,
    pub values: PropertyValues,
    pub progress: Progress,
}

/// A step's doing or undoing. Running it twice has the effect of once.
pub type Act = for<'s, 'a> fn(&'s mut Scene<'a>) -> BoxFuture<'s, Result<(), Failure>>;

/// One step: what it does, what takes that back, and the state that others see from its beginning.
pub struct Step {
    pub name: &'static str,
    pub state: State,
    pub run: Act,
    pub undo: Act,
}

impl Scene<'_> {
    /// The allocation as the store has it now, with what this saga found out and did not record yet.
    pub fn renew(&mut self, allocation: Allocation) {
        self.allocation = allocation;
        if let Some(digest) = &self.progress.image_digest {
            self.allocation.details.image_digest = Some(digest.clone());
        }
    }

    /// For whom and under which lease the engine is commanded.
    pub const fn command(&self) -> Command {
        Command { allocation: self.allocation.id, tenant: self.allocation.tenant, epoch: self.ticket.epoch }
    }
}
