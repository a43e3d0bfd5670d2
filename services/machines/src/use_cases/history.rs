//! Tells what a machine was, and who made it so.

use kit::{ErrorCode, Failure, MachineId, Page, PageRequest};

use super::App;
use crate::domain::Revision;

/// The newest first; also of a deleted machine. `MachineNotFound` where there never was one.
pub async fn history(app: &App, id: MachineId, page: &PageRequest) -> Result<Page<Revision>, Failure> {
    let revisions = app.store.revisions(id, page).await?;
    if revisions.items.is_empty() && page.after.is_none() {
        return Err(Failure::of(ErrorCode::MachineNotFound));
    }
    Ok(revisions)
}
