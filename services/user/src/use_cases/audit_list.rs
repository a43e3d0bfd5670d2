//! Shows the audit list: all of it to admins, to everybody else what concerns them.

use kit::{Caller, Failure, Page, PageRequest};

use super::App;
use crate::domain::{ActFilter, AuditEntry, AuditFilter};

/// Newest first; who calls this is an admin.
pub async fn audit_list(app: &App, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditEntry>, Failure> {
    app.archive.list(filter, page).await
}

/// What the caller did, and what was done to them and to their tenant's things; newest first.
pub async fn audit_of(
    app: &App,
    caller: &Caller,
    filter: &ActFilter,
    page: &PageRequest,
) -> Result<Page<AuditEntry>, Failure> {
    let found = app.audit.of_user(caller.user, caller.tenant, filter, page).await?;
    Ok(found.map(|entry| entry.seen_by(caller.user)))
}
