//! Lists what was said of a machine.

use kit::{Failure, MachineId, Page, PageRequest};

use super::App;
use crate::domain::Comment;

/// Newest first. `MachineNotFound` where there is no such machine.
pub async fn comment_list(app: &App, machine: MachineId, page: &PageRequest) -> Result<Page<Comment>, Failure> {
    app.catalogue.require(machine).await?;
    app.comments.list(machine, page).await
}
