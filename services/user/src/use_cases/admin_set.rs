//! Makes and unmakes admins.

use kit::{Act, Caller, ErrorCode, Failure, UserId};

use super::App;
use crate::domain::User;

/// The user after the change. `last_admin` where nobody would be left; doing it twice is doing it once.
pub async fn admin_set(app: &App, caller: &Caller, user: UserId, admin: bool) -> Result<User, Failure> {
    let action = if admin { "user.admin_grant" } else { "user.admin_revoke" };
    let act = Act::by(caller, action, "user", user).as_admin(None);
    let changed = app.directory.set_admin(user, admin, app.ambient.now(), act).await?;
    let changed = changed.ok_or_else(|| Failure::of(ErrorCode::UserNotFound))?;
    tracing::info!(user.id = %user, actor.id = %caller.user, admin, "set whether user {user} is an admin");
    Ok(changed)
}
