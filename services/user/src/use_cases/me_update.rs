//! Changes what a user says about themselves.

use kit::{Act, Caller, ErrorCode, Failure};

use super::App;
use crate::domain::{Changes, User};

/// The user after the change. `user_not_found` where the account went meanwhile; `scope_missing` where an API key would
/// change what needs a login.
pub async fn me_update(app: &App, caller: &Caller, changes: Changes) -> Result<User, Failure> {
    if caller.access.is_key() && changes.needs_login() {
        let told = "No API key may change the telephone number: log in.";
        return Err(Failure::new(ErrorCode::ScopeMissing, told).field("phone_number"));
    }
    let act = Act::by(caller, "user.update", "user", caller.user);
    let updated = app.accounts.update(caller.user, changes, app.ambient.now(), act).await?;
    updated.ok_or_else(|| Failure::of(ErrorCode::UserNotFound))
}
