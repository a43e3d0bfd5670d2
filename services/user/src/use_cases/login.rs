//! Opens a session for who knows the password.

use std::net::IpAddr;

use kit::{Act, ErrorCode, Failure, SessionId};

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
            record_failure(app, known, &login.agent);
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
    let session = new.id;
    let act = Act { actor: Some(credentials.user), ..about(credentials, "user.login", &new.agent) };
    let user = app.sessions.open(credentials.clone(), new, act).await?.ok_or_else(refused)?;
    tracing::info!(user.id = %user.id, session.id = %session, "logged in user {}", user.id);
    app.tokens_for(&user, session, refresh_token).await
}

fn about(known: &Credentials, action: &str, agent: &str) -> Act {
    let act = Act::anonymous(action, "user", known.user).detail("agent", agent);
    Act { tenant: Some(known.tenant), ..act }
}

/// Nobody waits for this: an answer that took longer for known addresses would tell which are.
fn record_failure(app: &App, known: &Credentials, agent: &str) {
    let (sessions, act) = (app.sessions.clone(), about(known, "user.login_failed", agent));
    tokio::spawn(async move {
        if let Err(failure) = sessions.refused(act).await {
            tracing::error!(%failure, "could not record a failed login");
        }
    });
}
