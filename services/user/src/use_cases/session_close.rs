//! Closes one of the user's own sessions, from another one.

use kit::{Act, Caller, ErrorCode, Failure, SessionId};

use super::App;
use crate::domain::Reason;

/// `session_not_found` where it is closed already, and for another user's.
pub async fn session_close(app: &App, caller: &Caller, session: SessionId) -> Result<(), Failure> {
    let act = Act::by(caller, "user.session_close", "session", session);
    let closed = app.sessions.close(caller.user, session, Reason::Revoked, app.ambient.now(), act).await?;
    if closed { Ok(()) } else { Err(Failure::of(ErrorCode::SessionNotFound)) }
}
