//! Publishes the public keys that access tokens are checked with.

use kit::Failure;

use super::App;
use crate::domain::SigningKey;

/// The key that signs, the next one once it exists, and old ones while their tokens live.
pub async fn keys_publish(app: &App) -> Result<Vec<SigningKey>, Failure> {
    app.keys.all().await
}
