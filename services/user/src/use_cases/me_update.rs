//! Changes what a user says about themselves.

use kit::{Act, Caller, ErrorCode, Failure};

use super::{App, password_check};
use crate::domain::{Changes, Password, User};

const FIELD: &str = "current_password";

/// The user after the change. A number that resets the password needs that password: without one `invalid_input`, with
/// a wrong one `invalid_credentials`, both with the field `current_password`. `user_not_found` where the account went
/// meanwhile; `scope_missing` where an API key would change what needs a login.
pub async fn me_update(
    app: &App,
    caller: &Caller,
    changes: Changes,
    password: Option<Password>,
) -> Result<User, Failure> {
    if caller.access.is_key() && (changes.needs_login() || password.is_some()) {
        let told = "No API key may change the telephone number, nor try a password: log in.";
        let field = if changes.needs_login() { "phone_number" } else { FIELD };
        return Err(Failure::new(ErrorCode::ScopeMissing, told).field(field));
    }
    let known = match password {
        Some(password) => Some(password_check::password_check(app, caller, password, FIELD).await?),
        None => None,
    };
    let gone = if known.is_some() { password_check::wrong(FIELD) } else { Failure::of(ErrorCode::UserNotFound) };
    let act = Act::by(caller, "user.update", "user", caller.user);
    let updated = app.accounts.update(caller.user, changes, known, app.ambient.now(), act).await?;
    updated.ok_or(gone)
}
