//! Lists a user's API keys.

use kit::{Caller, Failure};

use super::App;
use crate::domain::ApiKey;

/// Newest first; expired ones for another month.
pub async fn api_key_list(app: &App, caller: &Caller) -> Result<Vec<ApiKey>, Failure> {
    app.api_keys.list(caller.user).await
}
