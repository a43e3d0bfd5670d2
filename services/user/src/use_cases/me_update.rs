//! Changes what a user says about themselves.

use kit::{Caller, ErrorCode, Failure};

use super::App;
use crate::domain::{Changes, User};

/// The user after the change. `user_not_found` where the account went meanwhile.
pub async fn me_update(app: &App, caller: &Caller, changes: Changes) -> Result<User, Failure> {
    let updated = app.accounts.update(caller.user, changes, app.ambient.now()).await?;
    updated.ok_or_else(|| Failure::of(ErrorCode::UserNotFound))
}
