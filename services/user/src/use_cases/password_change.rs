//! Sets a new password for who knows the old one, and closes every session, the asking one included. API keys stay: who
//! knows the password sees them in the list, and programs go on.

use kit::{Act, Caller, Failure};

use super::{App, password_check};
use crate::domain::Password;

/// `invalid_credentials` where the present password is another; `busy`.
pub async fn password_change(app: &App, caller: &Caller, current: Password, new: Password) -> Result<(), Failure> {
    let field = "current_password";
    let known = password_check::password_check(app, caller, current, field).await?;
    let hash = app.passwords.hash(new).await?;
    let act = Act::by(caller, "user.password_change", "user", caller.user);
    let changed = app.accounts.change_password(known, hash, app.ambient.now(), act).await?;
    if !changed {
        return Err(password_check::wrong(field));
    }
    tracing::info!(user.id = %caller.user, "changed the password of user {}", caller.user);
    Ok(())
}
