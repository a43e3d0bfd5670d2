//! Opens a session for who knows the password.

use std::net::IpAddr;

use kit::{Act, ErrorCode, Failure, SessionId};

use super::password_check::record_failure;
use super::{App, Tokens};
use crate::domain::{Credentials, Email, NewSession, Password};

/// Who logs in, from where, with what.
pub struct Login {
    pub email: Email,
    pub password: Password,
    pub from: IpAddr,
    /// The client's name for itself, shown in the list of sessions.
    pub agent: String,
}

/// `invalid_credentials` alike for an unknown address and a wrong password, after as much work; `account_suspended` only
/// for who knows the password; `busy`.
pub async fn login(app: &App, login: Login) -> Result<Tokens, Failure> {
    let refused = || Failure::of(ErrorCode::InvalidCredentials);
    let known = app.accounts.credentials(&login.email).await?;
    let hash = known.as_ref().map(|known| known.password_hash.clone());
    let fits = app.passwords.verify(login.password, hash).await?;
    let Some(credentials) = known.as_ref().filter(|_| fits) else {
        if let Some(known) = &known {
            let act = about(known, "user.login_failed", &login.agent);
            record_failure(app, known.user, Act { address: Some(login.from), ..act });
        }
        return Err(refused());
    };
    let (refresh_token, token) = app.draw_token();
    let new = NewSession {
        id: SessionId::mint(&app.ambient),
        address: login.from.to_string(),
        place: app.secrets.place(login.from, &login.agent),
        agent: login.agent,
        token,
        at: app.ambient.now(),
    };
    let (session, at) = (new.id, new.at);
    let act = Act { actor: Some(credentials.user), ..about(credentials, "user.login", &new.agent) };
    let user = app.sessions.open(credentials.clone(), new, act).await?.ok_or_else(refused)?;
    tracing::info!(user.id = %user.id, session.id = %session, "logged in user {}", user.id);
    app.tokens_for(&user, session, refresh_token, at).await
}

fn about(known: &Credentials, action: &str, agent: &str) -> Act {
    let act = Act::anonymous(action, "user", known.user).detail("agent", agent);
    Act { tenant: Some(known.tenant), ..act }
}
