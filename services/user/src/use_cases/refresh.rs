//! Exchanges a refresh token for new tokens. A token works once; a second use means that somebody has a copy.

use kit::{Act, ErrorCode, Failure};

use super::{App, Tokens};
use crate::domain::Rotation;

/// `refresh_token_invalid` alike for an unknown, an old and a reused token.
pub async fn refresh(app: &App, presented: &str) -> Result<Tokens, Failure> {
    let presented = app.secrets.token_hash(presented);
    let (refresh_token, next) = app.draw_token();
    let reuse = Act::anonymous("user.refresh_reuse", "session", "");
    let at = app.ambient.now();
    match app.sessions.rotate(presented, next, at, reuse).await? {
        Rotation::Renewed(user, session) => app.tokens_for(&user, session, refresh_token, at).await,
        Rotation::Reused(user, session) => {
            tracing::warn!(user.id = %user, session.id = %session, "closed session {session}: its refresh token was used twice");
            Err(Failure::of(ErrorCode::RefreshTokenInvalid))
        }
        Rotation::Unknown => Err(Failure::of(ErrorCode::RefreshTokenInvalid)),
    }
}
