//! Asks a user for their password once more, before what only they may do and not whoever holds their token.

use kit::{Caller, ErrorCode, Failure};

use super::App;
use crate::domain::{Credentials, Password};

/// What was compared with, so that the change can see whether it still holds. `field` is the name that a refusal gives.
pub async fn password_check(
    app: &App,
    caller: &Caller,
    password: Password,
    field: &str,
) -> Result<Credentials, Failure> {
    let known = app.accounts.own_credentials(caller.user).await?;
    let hash = known.as_ref().map(|known| known.password_hash.clone());
    let fits = app.passwords.verify(password, hash).await?;
    known.filter(|_| fits).ok_or_else(|| wrong(field))
}

pub fn wrong(field: &str) -> Failure {
    Failure::new(ErrorCode::InvalidCredentials, "The password is wrong.").field(field)
}
