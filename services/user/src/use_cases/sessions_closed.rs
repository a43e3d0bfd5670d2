//! Tells what was closed, to those who trust access tokens until they hear otherwise.

use kit::Failure;

use super::App;
use crate::domain::Closure;

/// The most in one answer.
const MOST: u32 = 1_000;

/// What was closed after the cursor, oldest first; with cursor 0, all that can still matter.
pub async fn sessions_closed(app: &App, cursor: u64, limit: u32) -> Result<Vec<Closure>, Failure> {
    let limit = if limit == 0 { MOST } else { limit.min(MOST) };
    let since = app.ambient.now().minus(app.config.closures_matter_for());
    app.directory.closed_since(cursor, since, limit).await
}
