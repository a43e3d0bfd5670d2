//! Closes the session that asks for it.

use kit::{Act, Caller, Failure};

use super::App;
use crate::domain::Reason;

/// Logging out twice is one logout.
pub async fn logout(app: &App, caller: &Caller) -> Result<(), Failure> {
    let act = Act::by(caller, "user.logout", "session", caller.session);
    app.sessions.close(caller.user, caller.session, Reason::Logout, app.ambient.now(), act).await.map(drop)
}
