//! Ends an API key, and with it what was opened by it.

use kit::{Act, ApiKeyId, Caller, ErrorCode, Failure};

use super::App;

/// `api_key_not_found` where it was revoked before, and for another user's.
pub async fn api_key_revoke(app: &App, caller: &Caller, key: ApiKeyId) -> Result<(), Failure> {
    let act = Act::by(caller, "user.api_key_revoke", "api_key", key);
    if !app.api_keys.revoke(caller.user, key, act).await? {
        return Err(Failure::of(ErrorCode::ApiKeyNotFound));
    }
    tracing::info!(user.id = %caller.user, api_key.id = %key, "revoked API key {key}");
    Ok(())
}
