//! Looks one machine up.

use kit::{ErrorCode, Failure, MachineId};

use super::App;
use crate::domain::Machine;

/// `MachineNotFound` also for a deleted one.
pub async fn find(app: &App, id: MachineId) -> Result<Machine, Failure> {
    app.store.find(id).await?.ok_or_else(|| Failure::of(ErrorCode::MachineNotFound))
}
