//! Proves an e-mail address with the code that was sent there: the account's own, or the one that it shall have.

use std::net::IpAddr;

use kit::{Act, Failure};

use super::App;
use crate::domain::code::code_invalid;
use crate::domain::{Attempt, Email, Purpose, User};

/// The user, with what is proven now. `code_invalid` for every code that does not fit, and where there is nothing left to
/// prove; `phone_taken` and `email_taken` where somebody else proved it first.
pub async fn verify(app: &App, email: Email, otp: &str, from: IpAddr) -> Result<User, Failure> {
    let own = attempt(app, email.clone(), Purpose::Verify, otp, from);
    let act = Act::anonymous("user.verify", "user", "");
    if let Some(user) = app.codes.verify(own, app.config.codes(), act).await? {
        tracing::info!(user.id = %user.id, "verified user {}", user.id);
        return Ok(user);
    }
    let new = attempt(app, email, Purpose::Email, otp, from);
    let act = Act::anonymous("user.email_change", "user", "");
    let changed = app.email_changes.prove(new, app.config.codes(), app.yields_before(), act).await?;
    let user = changed.ok_or_else(code_invalid)?;
    tracing::info!(user.id = %user.id, "changed the e-mail address of user {}", user.id);
    Ok(user)
}

pub(super) fn attempt(app: &App, email: Email, purpose: Purpose, otp: &str, from: IpAddr) -> Attempt {
    let hash = app.secrets.code_hash(&email, purpose, otp.trim());
    Attempt { email, purpose, hash, from, at: app.ambient.now() }
}
