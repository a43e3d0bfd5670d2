//! Gathers what the platform keeps of a user, for the user. A part that is away makes the whole fail.

use kit::{Caller, Failure, PageRequest, Timestamp};
use tokio::try_join;

use super::audit_list::audit_of;
use super::{App, api_key_list, session_list, user_find};
use crate::domain::export::{KeptAllocation, KeptFeed, KeptNotifications};
use crate::domain::{ActFilter, ApiKey, AuditEntry, Session, User};

/// So many acts an export has at most, the newest ones; the list itself has the rest.
const MOST_ACTS: usize = 10_000;

/// All that there is. Secrets stay where they are.
pub struct Export {
    pub at: Timestamp,
    pub user: User,
    pub sessions: Vec<Session>,
    pub api_keys: Vec<ApiKey>,
    pub acts: Vec<AuditEntry>,
    pub allocations: Vec<KeptAllocation>,
    pub feed: KeptFeed,
    pub notifications: KeptNotifications,
}

/// `peer_unavailable` where another service does not answer.
pub async fn export(app: &App, caller: &Caller) -> Result<Export, Failure> {
    let (user, sessions, api_keys, acts, allocations, feed, notifications) = try_join!(
        user_find::me(app, caller),
        session_list::session_list(app, caller),
        api_key_list::api_key_list(app, caller),
        acts(app, caller),
        app.kept.allocations(caller.tenant),
        app.kept.feed(caller.user),
        app.kept.notifications(caller.user),
    )?;
    Ok(Export { at: app.ambient.now(), user, sessions, api_keys, acts, allocations, feed, notifications })
}

/// What the audit list tells its user, piece by piece.
async fn acts(app: &App, caller: &Caller) -> Result<Vec<AuditEntry>, Failure> {
    let mut acts = Vec::new();
    let mut page = PageRequest { limit: PageRequest::MAXIMUM_LIMIT, after: None };
    loop {
        let found = audit_of(app, caller, &ActFilter::default(), &page).await?;
        acts.extend(found.items);
        page.after = found.next;
        if page.after.is_none() || acts.len() >= MOST_ACTS {
            return Ok(acts);
        }
    }
}
