//! Closes somebody's account for a while, and opens it again.

use kit::{Act, Caller, ErrorCode, Failure, UserId};

use super::App;
use crate::domain::User;

/// The suspended user; their containers are stopped soon after. `own_account`; `last_admin`. Doing it twice is doing it
/// once.
pub async fn suspend(app: &App, caller: &Caller, user: UserId) -> Result<User, Failure> {
    if user == caller.user {
        return Err(Failure::of(ErrorCode::OwnAccount));
    }
    let act = Act::by(caller, "user.suspend", "user", user).as_admin(None);
    let suspended = app.settlements.suspend(user, app.ambient.now(), act).await?;
    let suspended = suspended.ok_or_else(|| Failure::of(ErrorCode::UserNotFound))?;
    app.account_work.notify_one();
    tracing::info!(user.id = %user, actor.id = %caller.user, "suspended user {user}");
    Ok(suspended)
}

/// The user, who can log in again; what was stopped stays so until its owner starts it.
pub async fn resume(app: &App, caller: &Caller, user: UserId) -> Result<User, Failure> {
    let act = Act::by(caller, "user.resume", "user", user).as_admin(None);
    let resumed = app.settlements.resume(user, app.ambient.now(), act).await?;
    let resumed = resumed.ok_or_else(|| Failure::of(ErrorCode::UserNotFound))?;
    tracing::info!(user.id = %user, actor.id = %caller.user, "resumed user {user}");
    Ok(resumed)
}
