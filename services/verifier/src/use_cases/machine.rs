//! A machine, at least as new as what the asker has seen.

use kit::{ErrorCode, Failure, MachineId};

use super::App;
use super::resolve::{Subject, resolve};
use crate::domain::MachineCopy;

/// `MachineNotFound` also for a deleted one.
pub async fn machine(app: &App, id: MachineId, least: Option<u64>) -> Result<MachineCopy, Failure> {
    let judge = |machine: Option<&MachineCopy>| {
        machine.filter(|machine| !machine.deleted).cloned().ok_or_else(|| Failure::of(ErrorCode::MachineNotFound))
    };
    resolve(app, &Machine(id), least.unwrap_or(0), judge).await
}

struct Machine(MachineId);

impl Subject for Machine {
    type Copy = MachineCopy;
    const NAME: &'static str = "machine";

    fn key(&self) -> String {
        self.0.to_string()
    }

    async fn copy(&self, app: &App) -> Result<Option<MachineCopy>, Failure> {
        app.model.machine(self.0).await
    }

    async fn owned(&self, app: &App) -> Result<Option<MachineCopy>, Failure> {
        app.owners.machine(self.0).await
    }
}
