//! Asks a user for their password once more, before what only they may do and not whoever holds their token.

use kit::{Act, Caller, ErrorCode, Failure, UserId};

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
    if !fits && known.is_some() {
        record_failure(app, caller.user, Act::by(caller, "user.password_refused", "user", caller.user));
    }
    known.filter(|_| fits).ok_or_else(|| wrong(field))
}

/// Records a wrong password for a known account. Nobody waits for this: an answer that took longer for known addresses would
/// tell which are.
pub(super) fn record_failure(app: &App, user: UserId, act: Act) {
    let sessions = app.sessions.clone();
    tokio::spawn(async move {
        if let Err(failure) = sessions.refused(user, act).await {
            tracing::error!(%failure, "could not record a wrong password");
        }
    });
}

pub fn wrong(field: &str) -> Failure {
    Failure::new(ErrorCode::InvalidCredentials, "The password is wrong.").field(field)
}
