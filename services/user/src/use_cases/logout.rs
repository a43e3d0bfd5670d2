//! Closes the session that asks for it.

use kit::{Caller, Failure};

use super::App;
use crate::domain::Reason;

/// Logging out twice is one logout.
pub async fn logout(app: &App, caller: &Caller) -> Result<(), Failure> {
    app.sessions.close(caller.user, caller.session, Reason::Logout, app.ambient.now()).await.map(drop)
}
