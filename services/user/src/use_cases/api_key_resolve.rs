//! Tells whose an API key is, while it opens anything.

use std::time::Duration;

use kit::{ErrorCode, Failure, Timestamp};

use super::App;
use crate::domain::api_key::may_call;
use crate::domain::{ApiKey, User};

/// A closing has the time at which it was asked for, a moment before readers see it. Who trusts an answer until it hears
/// of a later closing must hear of one that was under way when the answer was made.
const UNDER_WAY: Duration = Duration::from_secs(1);

/// A key that is valid, and who calls with it.
pub struct Resolved {
    pub key: ApiKey,
    pub user: User,
    /// What was closed by then is known in the answer.
    pub at: Timestamp,
}

/// `unauthenticated` alike for a key that nobody has, that was revoked or expired, and for one whose user is unverified,
/// suspended or leaving.
pub async fn api_key_resolve(app: &App, hash: &[u8]) -> Result<Resolved, Failure> {
    let hash = hash.try_into().map_err(|_| unknown())?;
    let now = app.ambient.now();
    let key = app.api_keys.resolve(hash, now).await?.ok_or_else(unknown)?;
    let user = app.accounts.find(key.user).await?.filter(may_call).ok_or_else(unknown)?;
    if key.is_use_new(now)
        && let Err(failure) = app.api_keys.mark_used(key.id, now).await
    {
        // Who may call must not hang on whether it can be written down.
        tracing::warn!(api_key.id = %key.id, %failure, "could not record the use of API key {}", key.id);
    }
    Ok(Resolved { key, user, at: now.minus(UNDER_WAY) })
}

fn unknown() -> Failure {
    Failure::new(ErrorCode::Unauthenticated, "This API key is not valid.")
}
