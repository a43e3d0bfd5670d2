//! Gathers what the platform keeps of a user, for the user. A part that is away makes the whole fail.

use kit::{Caller, Failure, Timestamp};
use tokio::try_join;

use super::{App, session_list, user_find};
use crate::domain::export::{KeptAllocation, KeptFeed, KeptNotifications};
use crate::domain::{Session, User};

/// All that there is. Secrets stay where they are.
pub struct Export {
    pub at: Timestamp,
    pub user: User,
    pub sessions: Vec<Session>,
    pub allocations: Vec<KeptAllocation>,
    pub feed: KeptFeed,
    pub notifications: KeptNotifications,
}

/// `peer_unavailable` where another service does not answer.
pub async fn export(app: &App, caller: &Caller) -> Result<Export, Failure> {
    let (user, sessions, allocations, feed, notifications) = try_join!(
        user_find::me(app, caller),
        session_list::session_list(app, caller),
        app.kept.allocations(caller.tenant),
        app.kept.feed(caller.user),
        app.kept.notifications(caller.user),
    )?;
    Ok(Export { at: app.ambient.now(), user, sessions, allocations, feed, notifications })
}
