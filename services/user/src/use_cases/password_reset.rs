//! Sets a new password with a code, closes every session and revokes every API key: whoever had the old password is out,
//! with all that they made by it.

use std::net::IpAddr;

use kit::{Act, Failure};

use super::App;
use super::verify::attempt;
use crate::domain::code::code_invalid;
use crate::domain::{Email, Password, Purpose};

/// `code_invalid` for every code that does not fit; `busy` leaves the code usable.
pub async fn password_reset(
    app: &App,
    email: Email,
    otp: &str,
    new_password: Password,
    from: IpAddr,
) -> Result<(), Failure> {
    let hash = app.passwords.hash(new_password).await?;
    let attempt = attempt(app, email, Purpose::Reset, otp, from);
    let act = Act::anonymous("user.password_reset", "user", "");
    if app.codes.reset(attempt, hash, app.config.codes(), act).await? { Ok(()) } else { Err(code_invalid()) }
}
