//! Opens a session for who knows the password.

use std::net::IpAddr;

use kit::{ErrorCode, Failure, SessionId};

use super::{App, Tokens};
use crate::domain::{Email, NewSession, Password};

/// Who logs in, from where, with what.
pub struct Login {
    pub email: Email,
    pub password: Password,
    pub from: IpAddr,
    /// The client's name for itself, shown in the list of sessions.
    pub agent: String,
}

/// `invalid_credentials` alike for an unknown address and a wrong password, after as much work; `busy`.
pub async fn login(app: &App, login: Login) -> Result<Tokens, Failure> {
    let refused = || Failure::of(ErrorCode::InvalidCredentials);
    let known = app.accounts.credentials(&login.email).await?;
    let hash = known.as_ref().map(|known| known.password_hash.clone());
    let fits = app.passwords.verify(login.password, hash).await?;
    let credentials = known.filter(|_| fits).ok_or_else(refused)?;
    let (refresh_token, token) = app.draw_token();
    let new = NewSession {
        id: SessionId::mint(&app.ambient),
        address: login.from.to_string(),
        agent: login.agent,
        token,
        at: app.ambient.now(),
    };
    let session = new.id;
    let user = app.sessions.open(credentials, new).await?.ok_or_else(refused)?;
    tracing::info!(user.id = %user.id, session.id = %session, "logged in user {}", user.id);
    app.tokens_for(&user, session, refresh_token).await
}
