//! Asks for another e-mail address: a code goes there, and proving it is what changes the account.

use kit::{Caller, Failure};

use super::{App, password_check};
use crate::domain::{Email, Password, Purpose};

/// The same for a free and for a taken address. `invalid_credentials` where the password is another; `code_too_soon`.
pub async fn email_change(app: &App, caller: &Caller, new: Email, password: Password) -> Result<(), Failure> {
    let field = "password";
    let known = password_check::password_check(app, caller, password, field).await?;
    let code = app.draw_code(&new, Purpose::Email);
    let recipient = code.recipient;
    let counted = app.throttle.admit(&recipient, app.config.codes(), code.at).await?;
    let asked = app.email_changes.ask(known, new, code, app.yields_before()).await;
    let asked = app.counted(&recipient, counted, asked).await?;
    if asked { Ok(()) } else { Err(password_check::wrong(field)) }
}
