//! Lists where a user is logged in.

use kit::{Caller, Failure};

use super::App;
use crate::domain::Session;

/// Open sessions, newest first.
pub async fn session_list(app: &App, caller: &Caller) -> Result<Vec<Session>, Failure> {
    app.sessions.list(caller.user, app.ambient.now()).await
}
