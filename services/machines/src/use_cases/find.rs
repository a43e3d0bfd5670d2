//! Looks one machine up, as it is or as it was.

use kit::{ErrorCode, Failure, MachineId};

use super::App;
use crate::domain::Machine;

/// `MachineNotFound` also for a deleted one.
pub async fn find(app: &App, id: MachineId) -> Result<Machine, Failure> {
    app.store.find(id).await?.ok_or_else(|| Failure::of(ErrorCode::MachineNotFound))
}

/// A machine that is still there, at one of its revisions. `MachineNotFound` where it has no such one.
pub async fn find_at(app: &App, id: MachineId, revision: u64) -> Result<Machine, Failure> {
    let present = find(app, id).await?;
    if present.revision == revision {
        return Ok(present);
    }
    let found = app.store.revision(id, revision).await?;
    found.map(|found| found.machine).ok_or_else(|| {
        let sentence = format!("The machine has no revision {revision}; it is at revision {}.", present.revision);
        Failure::new(ErrorCode::MachineNotFound, sentence)
    })
}
